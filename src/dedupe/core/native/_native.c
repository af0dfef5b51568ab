/* Python's door to the kernels: every buffer is checked here, and the work runs without the GIL.
 *
 * Buffers are held for the length of a call, so an array cannot be resized meanwhile; writing to an input
 * from another thread during the call gives wrong results, as with any NumPy function.
 * Nothing is kept between calls, so calls may run side by side, on free-threaded Python too.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_native_kernels.h"
#include "_native_walk.h"
#include "_plain_text.h"

#define MAX_WIDTH (1 << 20) /* bounds the memory that a window of words needs */
#define MAX_HASHES (1 << 16)

/* ---- Buffers ---- */

typedef struct {
    Py_buffer views[16];
    int n_views;
} Held;

static void release(Held *held)
{
    while (held->n_views) PyBuffer_Release(&held->views[--held->n_views]);
}

typedef enum { U8 = 0x10, U16 = 0x20, U32 = 0x40, U64 = 0x80, I8 = 0x11, I32 = 0x41, I64 = 0x81, F64 = 0x82 } Type;

static const char *type_name(Type type)
{
    switch (type) {
    case U8: return "uint8";
    case U16: return "uint16";
    case U32: return "uint32";
    case U64: return "uint64";
    case I8: return "int8";
    case I32: return "int32";
    case I64: return "int64";
    default: return "float64";
    }
}

/* Whether the buffer's format (of the struct module, native byte order) is the type asked for. */
static bool has_type(const Py_buffer *view, Type type)
{
    const uint16_t probe = 1;
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=' || (*format == '<' && *(const uint8_t *)&probe)) format++;
    const char *allowed = type & 1 ? "bhilqn" : type & 2 ? "d" : "BHILQN";
    return format[0] && !format[1] && strchr(allowed, format[0]) && view->itemsize == type >> 4;
}

/* Borrow the items of a contiguous array; `length` is checked, or with -1 filled in. NULL sets ValueError. */
static void *borrow(Held *held, PyObject *source, const char *name, Type type, bool is_writable, Py_ssize_t *length)
{
    Py_buffer *view = &held->views[held->n_views];
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (is_writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(source, view, flags) < 0) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s must be a contiguous%s array of %s", name,
                     is_writable ? " and writable" : "", type_name(type));
        return NULL;
    }
    held->n_views++;
    if (!has_type(view, type) || (view->len && (uintptr_t)view->buf % (size_t)view->itemsize)) {
        PyErr_Format(PyExc_ValueError, "%s must be an aligned array of %s, got format '%s' with %zd bytes an item",
                     name, type_name(type), view->format ? view->format : "B", view->itemsize);
        return NULL;
    }
    Py_ssize_t n_items = view->len / view->itemsize;
    if (*length >= 0 && n_items != *length) {
        PyErr_Format(PyExc_ValueError, "%s must have %zd items, got %zd", name, *length, n_items);
        return NULL;
    }
    *length = n_items;
    return view->buf ? view->buf : (void *)view; /* an empty array may have no address; it is never read */
}

/* Whether 0 <= offsets[0] <= offsets[1] … <= limit, for an array of at least one offset. */
static bool offsets_fit(const int64_t *offsets, Py_ssize_t n, Py_ssize_t limit, const char *name)
{
    bool fits = n > 0 && offsets[0] >= 0 && offsets[n - 1] <= limit;
    for (Py_ssize_t i = 1; fits && i < n; i++) fits = offsets[i - 1] <= offsets[i];
    if (!fits) PyErr_Format(PyExc_ValueError, "%s must ascend from 0 or more to at most %zd", name, limit);
    return fits;
}

/* Whether each pair has two numbers of the `limit` things that `what` names. */
static bool pairs_fit(const int64_t *left, const int64_t *right, Py_ssize_t n, Py_ssize_t limit, const char *what)
{
    for (Py_ssize_t i = 0; i < n; i++)
        if (left[i] < 0 || right[i] < 0 || left[i] >= limit || right[i] >= limit) {
            PyErr_Format(PyExc_ValueError, "pair %zd is (%lld, %lld), but there are %zd %s", i, (long long)left[i],
                         (long long)right[i], limit, what);
            return false;
        }
    return true;
}

/* ---- Text ---- */

typedef struct {
    const uint8_t *buffer;
    const int64_t *starts, *ends;
    Py_ssize_t size, n_blocks;
    Table table;
} Text;

/* The fast path for ASCII is built in, so the table has to agree with it. */
static bool table_fits(const Table *table, Py_ssize_t n_entries)
{
    uint16_t last = 0;
    for (size_t i = 0; i < table->n_pages; i++) last = table->pages[i] > last ? table->pages[i] : last;
    if (last >= n_entries / 128) {
        PyErr_Format(PyExc_ValueError, "pages has the number %d, but entries has %zd pages", (int)last, n_entries / 128);
        return false;
    }
    for (uint32_t point = 0; point < 128; point++) {
        uint32_t folded = point | 0x20;
        bool is_word = (point >= '0' && point <= '9') || (folded >= 'a' && folded <= 'z');
        if (table->n_pages == 0 || look_up(table, point) != (is_word ? (folded | LETTER << 21) : SEPARATOR)) {
            PyErr_Format(PyExc_ValueError, "the table must fold ASCII letters to lower case and separate at "
                         "everything but letters and digits; U+%04x differs", (int)point);
            return false;
        }
    }
    return true;
}

static bool borrow_text(Held *held, PyObject *const sources[6], Text *text)
{
    Py_ssize_t n_pages = -1, n_entries = -1, n_expansions = -1;
    text->size = text->n_blocks = -1;
    if (!(text->buffer = borrow(held, sources[0], "buffer", U8, false, &text->size)) ||
        !(text->starts = borrow(held, sources[1], "starts", I64, false, &text->n_blocks)) ||
        !(text->ends = borrow(held, sources[2], "ends", I64, false, &text->n_blocks)) ||
        !(text->table.pages = borrow(held, sources[3], "pages", U16, false, &n_pages)) ||
        !(text->table.entries = borrow(held, sources[4], "entries", U32, false, &n_entries)) ||
        !(text->table.expansions = borrow(held, sources[5], "expansions", U32, false, &n_expansions)))
        return false;
    for (Py_ssize_t i = 0; i < text->n_blocks; i++)
        if (text->starts[i] < 0 || text->starts[i] > text->ends[i] || text->ends[i] > text->size) {
            PyErr_Format(PyExc_ValueError, "block %zd is [%lld, %lld), outside of a buffer of %zd bytes", i,
                         (long long)text->starts[i], (long long)text->ends[i], text->size);
            return false;
        }
    text->table.n_pages = (size_t)n_pages;
    text->table.n_expansions = (size_t)n_expansions;
    return table_fits(&text->table, n_entries);
}

static bool width_fits(Py_ssize_t width)
{
    if (width < 1 || width > MAX_WIDTH)
        PyErr_Format(PyExc_ValueError, "width_words must be between 1 and %d, got %zd", MAX_WIDTH, width);
    return width >= 1 && width <= MAX_WIDTH;
}

/* What stopped a kernel, to be raised once the GIL is back. */
typedef enum { DONE, NO_MEMORY, NO_ROOM } Outcome;

static bool raise_outcome(Outcome outcome, const char *room)
{
    if (outcome == NO_MEMORY) PyErr_NoMemory();
    if (outcome == NO_ROOM) PyErr_Format(PyExc_ValueError, "%s", room);
    return outcome == DONE;
}

/* ---- encode ---- */

/* UTF-8 of one str. The bytes are a copy that goes away; PyUnicode_AsUTF8AndSize would leave one inside of the
 * user's str. Only lone surrogates need the slower way by name. */
static PyObject *utf8_of(PyObject *text)
{
    PyObject *coded = PyUnicode_AsUTF8String(text);
    if (coded || !PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return coded;
    PyErr_Clear();
    return PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
}

static bool append_text(PyObject *texts, Py_ssize_t i, PyObject *data)
{
    PyObject *text = PySequence_GetItem(texts, i), *coded = NULL;
    if (text && !PyUnicode_Check(text)) PyErr_Format(PyExc_ValueError, "texts[%zd] must be str, got %R", i, text);
    else if (text) coded = utf8_of(text);
    Py_XDECREF(text);
    if (!coded) return false;
    Py_ssize_t size = PyBytes_Size(coded), used = PyByteArray_Size(data);
    bool fits = PyByteArray_Resize(data, used + size) == 0; /* leaves room to grow, so this is linear */
    if (fits) memcpy(PyByteArray_AsString(data) + used, PyBytes_AsString(coded), (size_t)size);
    Py_DECREF(coded);
    return fits;
}

static PyObject *native_encode(PyObject *module, PyObject *args)
{
    PyObject *texts, *offsets_out;
    if (!PyArg_ParseTuple(args, "OO:encode", &texts, &offsets_out)) return NULL;
    Py_ssize_t n_texts = PySequence_Size(texts), n_offsets = n_texts + 1;
    if (n_texts < 0) return NULL;
    Held held = {.n_views = 0};
    int64_t *offsets = borrow(&held, offsets_out, "offsets", I64, true, &n_offsets);
    PyObject *data = offsets ? PyByteArray_FromStringAndSize(NULL, 0) : NULL;
    bool fits = data != NULL;
    if (fits) offsets[0] = 0;
    for (Py_ssize_t i = 0; fits && i < n_texts; i++) {
        fits = append_text(texts, i, data);
        offsets[i + 1] = fits ? PyByteArray_Size(data) : 0;
    }
    release(&held);
    if (!fits) Py_CLEAR(data);
    return data;
}

/* ---- lines ---- */

static PyObject *native_lines(PyObject *module, PyObject *args)
{
    PyObject *buffer_in, *offsets_in, *starts, *ends, *docs, *borders;
    int unit;
    if (!PyArg_ParseTuple(args, "OOiOOOO:lines", &buffer_in, &offsets_in, &unit, &starts, &ends, &docs, &borders))
        return NULL;
    if (unit < DOCUMENT || unit > LINES)
        return PyErr_Format(PyExc_ValueError, "unit must be 0 (document), 1 (paragraph) or 2 (line), got %d", unit);
    Held held = {.n_views = 0};
    Blocks out = {.n = 0};
    Outcome outcome = DONE;
    Py_ssize_t size = -1, n_offsets = -1, room = -1;
    const uint8_t *buffer;
    const int64_t *offsets;
    bool fits = (buffer = borrow(&held, buffer_in, "buffer", U8, false, &size)) &&
                (offsets = borrow(&held, offsets_in, "offsets", I64, false, &n_offsets)) &&
                offsets_fit(offsets, n_offsets, size, "offsets");
    if (fits && starts != Py_None)
        fits = (out.starts = borrow(&held, starts, "starts", I64, true, &room)) &&
               (out.ends = borrow(&held, ends, "ends", I64, true, &room)) &&
               (out.docs = borrow(&held, docs, "docs", I64, true, &room)) &&
               (out.borders = borrow(&held, borders, "borders", U8, true, &room));
    out.room = (size_t)room;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        if (!split_texts(buffer, offsets, (size_t)n_offsets - 1, unit, &out)) outcome = NO_ROOM;
        Py_END_ALLOW_THREADS
        fits = raise_outcome(outcome, "starts is too short; count the lines first with starts=None");
    }
    release(&held);
    return fits ? Py_BuildValue("nO", (Py_ssize_t)out.n, out.has_fences ? Py_True : Py_False) : NULL;
}

/* ---- words ---- */

static Outcome write_words(const Text *text, Key key, int64_t *offsets, uint64_t *hashes, int64_t *starts,
                           int64_t *ends, size_t room)
{
    Outcome outcome = DONE;
    size_t n = 0;
    uint64_t *turn = malloc((TURN + SLACK) * 3 * sizeof *turn);
    Tokenizer t = {.table = &text->table, .buffer = text->buffer, .limit = text->buffer + text->size, .keys.hash = key};
    if (!turn) return NO_MEMORY;
    if (starts) {
        t.starts = (int64_t *)(turn + TURN + SLACK);
        t.ends = t.starts + TURN + SLACK;
    }
    offsets[0] = 0;
    for (Py_ssize_t i = 0; i < text->n_blocks && outcome == DONE; i++) {
        open_block(&t, text->buffer + text->starts[i], text->buffer + text->ends[i]);
        do {
            size_t count = next_words(&t, turn, TURN);
            if (t.out_of_memory) outcome = NO_MEMORY;
            else if (hashes && count > room - n) outcome = NO_ROOM;
            if (outcome != DONE) break;
            if (hashes) memcpy(hashes + n, turn, count * sizeof *turn);
            if (starts) {
                memcpy(starts + n, t.starts, count * sizeof *starts);
                memcpy(ends + n, t.ends, count * sizeof *ends);
            }
            n += count;
        } while (t.at < t.end);
        offsets[i + 1] = (int64_t)n;
    }
    free(turn);
    free(t.marks);
    return outcome;
}

static PyObject *native_words(PyObject *module, PyObject *args)
{
    PyObject *in[6], *offsets_out, *hashes_out, *starts_out, *ends_out;
    unsigned long long key = 0;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOO|K:words", in, in + 1, in + 2, in + 3, in + 4, in + 5, &offsets_out,
                          &hashes_out, &starts_out, &ends_out, &key))
        return NULL;
    Held held = {.n_views = 0};
    Text text;
    Outcome outcome = DONE;
    int64_t *offsets, *starts = NULL, *ends = NULL;
    uint64_t *hashes = NULL;
    Py_ssize_t room = -1;
    bool fits = borrow_text(&held, in, &text);
    if (fits) {
        Py_ssize_t n_offsets = text.n_blocks + 1;
        fits = (offsets = borrow(&held, offsets_out, "offsets", I64, true, &n_offsets)) != NULL;
    }
    if (fits && hashes_out != Py_None) fits = (hashes = borrow(&held, hashes_out, "hashes", U64, true, &room)) != NULL;
    if (fits && hashes && starts_out != Py_None)
        fits = (starts = borrow(&held, starts_out, "word_starts", I64, true, &room)) &&
               (ends = borrow(&held, ends_out, "word_ends", I64, true, &room));
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        outcome = write_words(&text, key_of(key), offsets, hashes, starts, ends, (size_t)room);
        Py_END_ALLOW_THREADS
        fits = raise_outcome(outcome, "hashes is too short for the words; count them first with hashes=None");
    }
    PyObject *result = fits ? PyLong_FromLongLong(offsets[text.n_blocks]) : NULL;
    release(&held);
    return result;
}

/* ---- sketch ---- */

typedef struct {
    const uint32_t *a, *b;
    const uint64_t *scope; /* or NULL */
    Key key, name_key;
    size_t width, n_bands, n_rows;
    int32_t *n_words;
    uint64_t *text_hash, *keys;
    uint32_t *signatures;  /* or NULL */
} Sketch;

static Outcome write_sketches(const Text *text, const Sketch *out)
{
    Outcome outcome = DONE;
    const size_t n_hashes = out->n_bands * out->n_rows, padded = (n_hashes + 7) / 8 * 8;
    Minimize *minimize = widest_minimize();
    Shingler s;
    bool has_memory = make_shingler(&s, &text->table, text->buffer, (size_t)text->size, out->width, out->key,
                                    &out->name_key);
    uint32_t *minima = calloc(3 * padded + s.turn + SLACK, sizeof *minima);
    if (!has_memory || !minima) outcome = NO_MEMORY;
    uint32_t *a = minima + padded, *b = a + padded, *x = b + padded; /* permutations of the padding stay 0 */
    if (outcome == DONE) {
        memcpy(a, out->a, n_hashes * sizeof *a);
        memcpy(b, out->b, n_hashes * sizeof *b);
    }
    for (Py_ssize_t i = 0; i < text->n_blocks && outcome == DONE; i++) {
        memset(minima, 0xFF, padded * sizeof *minima);
        start_block(&s, text->starts[i], text->ends[i]);
        while (!s.is_done) {
            size_t n = next_shingles(&s);
            for (size_t k = 0; k < n; k++) x[k] = fmix32((uint32_t)(s.shingles[k] >> 32));
            minimize(minima, a, b, padded, x, n);
        }
        if (s.words.out_of_memory) outcome = NO_MEMORY;
        if (s.n_words > INT32_MAX) outcome = NO_ROOM;
        out->n_words[i] = (int32_t)s.n_words;
        text_hash(&s, text->starts[i], text->ends[i], out->text_hash + 2 * i);
        band_keys(minima, out->n_bands, out->n_rows, out->scope ? out->scope[i] : 0, out->keys + out->n_bands * (size_t)i);
        if (out->signatures) memcpy(out->signatures + n_hashes * (size_t)i, minima, n_hashes * sizeof *minima);
    }
    free_shingler(&s);
    free(minima);
    return outcome;
}

static PyObject *native_sketch(PyObject *module, PyObject *args)
{
    PyObject *in[6], *a, *b, *scope, *n_words, *text_hash_out, *keys, *signatures;
    Py_ssize_t width, n_bands, n_rows;
    unsigned long long key, name_key;
    if (!PyArg_ParseTuple(args, "OOOOOOnKKOOnnOOOOO:sketch", in, in + 1, in + 2, in + 3, in + 4, in + 5, &width, &key,
                          &name_key, &a, &b, &n_bands, &n_rows, &scope, &n_words, &text_hash_out, &keys, &signatures))
        return NULL;
    if (!width_fits(width)) return NULL;
    if (n_bands < 1 || n_rows < 1 || n_bands > MAX_HASHES / n_rows)
        return PyErr_Format(PyExc_ValueError, "n_bands * n_rows must be between 1 and %d, got %zd * %zd", MAX_HASHES,
                            n_bands, n_rows);
    Held held = {.n_views = 0};
    Text text;
    Sketch out = {.key = key_of(key), .name_key = key_of(name_key), .width = (size_t)width,
                  .n_bands = (size_t)n_bands, .n_rows = (size_t)n_rows};
    Outcome outcome = DONE;
    Py_ssize_t n_hashes = n_bands * n_rows;
    bool fits = borrow_text(&held, in, &text);
    if (fits) {
        Py_ssize_t n = text.n_blocks, twice = 2 * n, n_keys = n_bands * n, all = n_hashes * n;
        fits = (out.a = borrow(&held, a, "a", U32, false, &n_hashes)) &&
               (out.b = borrow(&held, b, "b", U32, false, &n_hashes)) &&
               (scope == Py_None || (out.scope = borrow(&held, scope, "scope", U64, false, &n))) &&
               (out.n_words = borrow(&held, n_words, "n_words", I32, true, &n)) &&
               (out.text_hash = borrow(&held, text_hash_out, "text_hash", U64, true, &twice)) &&
               (out.keys = borrow(&held, keys, "keys", U64, true, &n_keys)) &&
               (signatures == Py_None || (out.signatures = borrow(&held, signatures, "signatures", U32, true, &all)));
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        outcome = write_sketches(&text, &out);
        Py_END_ALLOW_THREADS
        fits = raise_outcome(outcome, "a block has more than 2**31 - 1 words; cut it into smaller blocks");
    }
    release(&held);
    return fits ? Py_NewRef(Py_None) : NULL;
}

/* ---- shingle_sets ---- */

static Outcome write_sets(const Text *text, size_t width, Key key, int64_t *offsets, uint64_t *hashes, size_t room)
{
    Outcome outcome = DONE;
    uint64_t *spare = NULL;
    size_t n_spare = 0, begin = 0;
    Shingler s;
    if (!make_shingler(&s, &text->table, text->buffer, (size_t)text->size, width, key, NULL)) outcome = NO_MEMORY;
    offsets[0] = 0;
    for (Py_ssize_t i = 0; i < text->n_blocks && outcome == DONE; i++) {
        size_t n = begin;
        start_block(&s, text->starts[i], text->ends[i]);
        while (!s.is_done && outcome == DONE) {
            size_t count = next_shingles(&s);
            if (s.words.out_of_memory) outcome = NO_MEMORY;
            else if (count > room - n) outcome = NO_ROOM;
            else memcpy(hashes + n, s.shingles, count * sizeof *hashes);
            n += count;
        }
        if (outcome == DONE && n - begin > n_spare) {
            free(spare);
            n_spare = n - begin;
            if (!(spare = malloc(n_spare * sizeof *spare))) outcome = NO_MEMORY;
        }
        if (outcome != DONE) break;
        sort_hashes(hashes + begin, spare, n - begin, 56);
        begin += drop_repeats(hashes + begin, n - begin);
        offsets[i + 1] = (int64_t)begin;
    }
    free(spare);
    free_shingler(&s);
    return outcome;
}

static PyObject *native_shingle_sets(PyObject *module, PyObject *args)
{
    PyObject *in[6], *offsets_out, *hashes_out;
    Py_ssize_t width;
    unsigned long long key;
    if (!PyArg_ParseTuple(args, "OOOOOOnKOO:shingle_sets", in, in + 1, in + 2, in + 3, in + 4, in + 5, &width, &key,
                          &offsets_out, &hashes_out) ||
        !width_fits(width))
        return NULL;
    Held held = {.n_views = 0};
    Text text;
    Outcome outcome = DONE;
    int64_t *offsets = NULL;
    uint64_t *hashes = NULL;
    Py_ssize_t room = -1;
    bool fits = borrow_text(&held, in, &text);
    if (fits) {
        Py_ssize_t n_offsets = text.n_blocks + 1;
        fits = (offsets = borrow(&held, offsets_out, "offsets", I64, true, &n_offsets)) &&
               (hashes = borrow(&held, hashes_out, "hashes", U64, true, &room));
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        outcome = write_sets(&text, (size_t)width, key_of(key), offsets, hashes, (size_t)room);
        Py_END_ALLOW_THREADS
        fits = raise_outcome(outcome, "hashes is too short: it must hold the shingles of all blocks before repeats go");
    }
    PyObject *result = fits ? PyLong_FromLongLong(offsets[text.n_blocks]) : NULL;
    release(&held);
    return result;
}

/* ---- intersections ---- */

static PyObject *native_intersections(PyObject *module, PyObject *args)
{
    PyObject *offsets_in, *hashes_in, *left_in, *right_in, *counts_out;
    double threshold = 0.0;
    if (!PyArg_ParseTuple(args, "OOOOO|d:intersections", &offsets_in, &hashes_in, &left_in, &right_in, &counts_out,
                          &threshold))
        return NULL;
    if (!(threshold >= 0.0 && threshold <= 1.0))
        return PyErr_Format(PyExc_ValueError, "threshold must be between 0 and 1");
    Held held = {.n_views = 0};
    const int64_t *offsets, *left, *right;
    const uint64_t *hashes;
    int64_t *counts;
    Py_ssize_t n_offsets = -1, n_hashes = -1, n = -1;
    bool fits = (offsets = borrow(&held, offsets_in, "offsets", I64, false, &n_offsets)) &&
                (hashes = borrow(&held, hashes_in, "hashes", U64, false, &n_hashes)) &&
                (left = borrow(&held, left_in, "left", I64, false, &n)) &&
                (right = borrow(&held, right_in, "right", I64, false, &n)) &&
                (counts = borrow(&held, counts_out, "counts", I64, true, &n)) &&
                offsets_fit(offsets, n_offsets, n_hashes, "offsets");
    fits = fits && pairs_fit(left, right, n, n_offsets - 1, "sets");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++) {
            const int64_t *l = offsets + left[i], *r = offsets + right[i];
            size_t n_left = (size_t)(l[1] - l[0]), n_right = (size_t)(r[1] - r[0]);
            counts[i] = intersect(hashes + l[0], n_left, hashes + r[0], n_right, least_shared(n_left, n_right, threshold));
        }
        Py_END_ALLOW_THREADS
    }
    release(&held);
    return fits ? Py_NewRef(Py_None) : NULL;
}

/* ---- number_repeats ---- */

static PyObject *native_number_repeats(PyObject *module, PyObject *args)
{
    PyObject *values_in;
    Py_ssize_t n_columns, n_values = -1;
    if (!PyArg_ParseTuple(args, "On:number_repeats", &values_in, &n_columns)) return NULL;
    Held held = {.n_views = 0};
    int64_t n_numbers = 0;
    bool has_memory = true;
    uint64_t *values = borrow(&held, values_in, "values", U64, true, &n_values);
    bool fits = values != NULL;
    if (fits && (n_columns < 1 || n_values % n_columns || n_values / n_columns > INT32_MAX)) {
        PyErr_Format(PyExc_ValueError, "values must have a multiple of n_columns items and at most 2**31 - 1 rows, "
                     "got %zd items and n_columns=%zd", n_values, n_columns);
        fits = false;
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        has_memory = number_repeats(values, (size_t)(n_values / n_columns), (size_t)n_columns, &n_numbers);
        Py_END_ALLOW_THREADS
        if (!has_memory) PyErr_NoMemory();
    }
    release(&held);
    return fits && has_memory ? PyLong_FromLongLong(n_numbers) : NULL;
}

/* ---- walk ---- */

/* Borrow the upper halves of the hashes of known words, to judge the blocks of a text by. That they ascend is not looked
 * at, since it would take as long as many judgments; words out of order are not found, which is all. */
static bool borrow_known(Held *held, PyObject *source, const Text *text, Texts *texts)
{
    Py_ssize_t n = -1;
    const uint32_t *known = borrow(held, source, "known", U32, false, &n);
    if (!known) return false;
    *texts = (Texts){text->buffer, text->starts, text->ends, known, (size_t)n, text->table};
    return true;
}

static bool walk_fits(const WalkInput *in, Py_ssize_t n_hashes, Py_ssize_t n_ids)
{
    Py_ssize_t n_offsets = (Py_ssize_t)in->n_blocks + 1;
    if (!offsets_fit(in->set_offsets, n_offsets, n_hashes, "set_offsets") ||
        !offsets_fit(in->bucket_offsets, n_offsets, n_ids, "bucket_offsets"))
        return false;
    for (int64_t p = 0; p < in->bucket_offsets[in->n_blocks]; p++)
        if (in->bucket_ids[p] < 0 || (uint64_t)in->bucket_ids[p] >= in->n_buckets) {
            PyErr_Format(PyExc_ValueError, "bucket_ids[%lld] is %lld, but n_buckets is %zd", (long long)p,
                         (long long)in->bucket_ids[p], (Py_ssize_t)in->n_buckets);
            return false;
        }
    return true;
}

static PyObject *native_walk(PyObject *module, PyObject *args)
{
    PyObject *set_offsets, *set_hashes, *bucket_offsets, *bucket_ids, *survivor, *similarity;
    PyObject *texts_in[6] = {NULL}, *known = NULL, *variant = NULL, *variant_similarity = NULL;
    Py_ssize_t n_buckets, n_fixed, leaders;
    WalkInput in = {.texts = NULL};
    WalkResult out = {0};
    Text text;
    Texts texts;
    if (!PyArg_ParseTuple(args, "OOOOnndnOO|OOOOOOOdOO:walk", &set_offsets, &set_hashes, &bucket_offsets, &bucket_ids,
                          &n_buckets, &n_fixed, &in.threshold, &leaders, &survivor, &similarity, texts_in, texts_in + 1,
                          texts_in + 2, texts_in + 3, texts_in + 4, texts_in + 5, &known, &in.least, &variant,
                          &variant_similarity))
        return NULL;
    if (texts_in[0] && !(variant_similarity && in.least >= 0.0 && in.least <= 1.0))
        return PyErr_Format(PyExc_ValueError, "walk needs all that it judges texts by, or nothing of it, and a least "
                            "share between 0 and 1");
    if (n_buckets < 0 || n_fixed < 0 || leaders < 1 || !(in.threshold >= 0.0 && in.threshold <= 1.0))
        return PyErr_Format(PyExc_ValueError, "walk needs n_buckets and n_fixed of 0 or more, leaders of 1 or more "
                            "and a threshold between 0 and 1, got n_buckets=%zd, n_fixed=%zd, leaders=%zd", n_buckets,
                            n_fixed, leaders);
    in.n_buckets = (size_t)n_buckets;
    in.n_fixed = (size_t)n_fixed;
    in.leaders = (size_t)leaders;
    Held held = {.n_views = 0};
    Py_ssize_t n_offsets = -1, n_hashes = -1, n_ids = -1;
    bool has_memory = true;
    bool fits = (in.set_offsets = borrow(&held, set_offsets, "set_offsets", I64, false, &n_offsets)) &&
                (in.set_hashes = borrow(&held, set_hashes, "set_hashes", U64, false, &n_hashes)) &&
                (in.bucket_offsets = borrow(&held, bucket_offsets, "bucket_offsets", I64, false, &n_offsets)) &&
                (in.bucket_ids = borrow(&held, bucket_ids, "bucket_ids", I64, false, &n_ids));
    Py_ssize_t n = n_offsets - 1;
    if (fits && n < 0) {
        PyErr_Format(PyExc_ValueError, "set_offsets must have at least one item, got 0");
        fits = false;
    }
    in.n_blocks = (size_t)n;
    fits = fits && (out.survivor = borrow(&held, survivor, "survivor", I64, true, &n)) &&
           (out.similarity = borrow(&held, similarity, "similarity", F64, true, &n)) && walk_fits(&in, n_hashes, n_ids);
    if (fits && texts_in[0]) {
        in.texts = &texts;
        fits = borrow_text(&held, texts_in, &text) && borrow_known(&held, known, &text, &texts) &&
               (out.variant = borrow(&held, variant, "variant", I64, true, &n)) &&
               (out.variant_similarity = borrow(&held, variant_similarity, "variant_similarity", F64, true, &n));
        if (fits && text.n_blocks != n) {
            PyErr_Format(PyExc_ValueError, "starts must have %zd items, got %zd", n, text.n_blocks);
            fits = false;
        }
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        has_memory = walk_blocks(&in, &out);
        Py_END_ALLOW_THREADS
        if (!has_memory) PyErr_NoMemory();
    }
    release(&held);
    return fits && has_memory ? Py_BuildValue("LLL", (long long)out.n_compared, (long long)out.n_matched,
                                              (long long)out.n_capped) : NULL;
}

/* ---- meanings ---- */

static Outcome write_meanings(const Texts *texts, const int64_t *left, const int64_t *right, size_t n,
                              int8_t *verdicts, double *similarities, uint8_t *slips)
{
    Judge *judge = malloc(sizeof *judge);
    if (!judge) return NO_MEMORY;
    Outcome outcome = DONE;
    set_up_judge(judge, texts);
    for (size_t i = 0; i < n && outcome == DONE; i++) {
        int verdict = judge_pair(judge, left[i], right[i], true, similarities + i);
        if (verdict == NOT_JUDGED) outcome = NO_MEMORY;
        verdicts[i] = (int8_t)verdict;
        if (slips) slips[i] = judge->has_slip;
    }
    free_judge(judge);
    free(judge);
    return outcome;
}

static PyObject *native_meanings(PyObject *module, PyObject *args)
{
    PyObject *in[6], *left_in, *right_in, *known_in, *verdicts_out, *similarities_out;
    PyObject *slips_out = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOOO|O:meanings", in, in + 1, in + 2, &left_in, &right_in, in + 3, in + 4, in + 5,
                          &known_in, &verdicts_out, &similarities_out, &slips_out))
        return NULL;
    Held held = {.n_views = 0};
    Text text;
    Texts texts;
    uint8_t *slips = NULL;
    Outcome outcome = DONE;
    Py_ssize_t n = -1;
    const int64_t *left, *right;
    int8_t *verdicts;
    double *similarities;
    bool fits = borrow_text(&held, in, &text) && borrow_known(&held, known_in, &text, &texts) &&
                (left = borrow(&held, left_in, "left", I64, false, &n)) &&
                (right = borrow(&held, right_in, "right", I64, false, &n)) &&
                (verdicts = borrow(&held, verdicts_out, "verdicts", I8, true, &n)) &&
                (similarities = borrow(&held, similarities_out, "similarities", F64, true, &n)) &&
                (!slips_out || (slips = borrow(&held, slips_out, "slips", U8, true, &n))) &&
                pairs_fit(left, right, n, text.n_blocks, "blocks");
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        outcome = write_meanings(&texts, left, right, (size_t)n, verdicts, similarities, slips);
        Py_END_ALLOW_THREADS
        fits = raise_outcome(outcome, "");
    }
    release(&held);
    return fits ? Py_NewRef(Py_None) : NULL;
}

/* ---- plain_texts, byte_hashes ---- */

static PyObject *native_plain_texts(PyObject *module, PyObject *args)
{
    PyObject *in[6], *offsets_out, *result = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOOO:plain_texts", in, in + 1, in + 2, in + 3, in + 4, in + 5, &offsets_out))
        return NULL;
    Held held = {.n_views = 0};
    Text text;
    Bytes out = {0};
    int64_t *offsets = NULL;
    bool fits = borrow_text(&held, in, &text);
    if (fits) {
        Py_ssize_t n_offsets = text.n_blocks + 1;
        fits = (offsets = borrow(&held, offsets_out, "offsets", I64, true, &n_offsets)) != NULL;
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        fits = write_plain_texts(&text.table, text.buffer, text.starts, text.ends, (size_t)text.n_blocks, offsets, &out);
        Py_END_ALLOW_THREADS
        result = fits ? PyBytes_FromStringAndSize((const char *)out.bytes, (Py_ssize_t)out.n) : PyErr_NoMemory();
    }
    free(out.bytes);
    release(&held);
    return result;
}

static PyObject *native_byte_hashes(PyObject *module, PyObject *args)
{
    PyObject *buffer_in, *starts_in, *ends_in, *hashes_out;
    unsigned long long key[2];
    if (!PyArg_ParseTuple(args, "OOOKKO:byte_hashes", &buffer_in, &starts_in, &ends_in, key, key + 1, &hashes_out))
        return NULL;
    Held held = {.n_views = 0};
    Py_ssize_t size = -1, n = -1;
    const uint8_t *buffer;
    const int64_t *starts, *ends;
    uint64_t *hashes = NULL;
    bool fits = (buffer = borrow(&held, buffer_in, "buffer", U8, false, &size)) &&
                (starts = borrow(&held, starts_in, "starts", I64, false, &n)) &&
                (ends = borrow(&held, ends_in, "ends", I64, false, &n));
    for (Py_ssize_t i = 0; fits && i < n; i++)
        if (starts[i] < 0 || starts[i] > ends[i] || ends[i] > size) {
            PyErr_Format(PyExc_ValueError, "block %zd is [%lld, %lld), outside of a buffer of %zd bytes", i,
                         (long long)starts[i], (long long)ends[i], size);
            fits = false;
        }
    if (fits) {
        Py_ssize_t twice = 2 * n;
        fits = (hashes = borrow(&held, hashes_out, "hashes", U64, true, &twice)) != NULL;
    }
    if (fits) {
        const uint64_t keys[2] = {key[0], key[1]};
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++)
            sip_hash(buffer + starts[i], (size_t)(ends[i] - starts[i]), keys, hashes + 2 * i);
        Py_END_ALLOW_THREADS
    }
    release(&held);
    return fits ? Py_NewRef(Py_None) : NULL;
}

/* ---- find_postings ---- */

static bool id_bits_fit(int id_bits)
{
    if (id_bits < 0 || id_bits > 63)
        PyErr_Format(PyExc_ValueError, "id_bits must be between 0 and 63, got %d", id_bits);
    return id_bits >= 0 && id_bits <= 63;
}

static PyObject *native_find_postings(PyObject *module, PyObject *args)
{
    PyObject *wanted_in, *run_in, *rows_out, *firsts_out, *ends_out;
    int id_bits;
    if (!PyArg_ParseTuple(args, "OOiOOO:find_postings", &wanted_in, &run_in, &id_bits, &rows_out, &firsts_out,
                          &ends_out) || !id_bits_fit(id_bits))
        return NULL;
    Held held = {.n_views = 0};
    Py_ssize_t n_wanted = -1, n = -1;
    size_t n_found = 0;
    const uint64_t *wanted, *run;
    int64_t *rows, *firsts, *ends;
    bool fits = (wanted = borrow(&held, wanted_in, "wanted", U64, false, &n_wanted)) &&
                (run = borrow(&held, run_in, "run", U64, false, &n)) &&
                (rows = borrow(&held, rows_out, "rows", I64, true, &n_wanted)) &&
                (firsts = borrow(&held, firsts_out, "firsts", I64, true, &n_wanted)) &&
                (ends = borrow(&held, ends_out, "ends", I64, true, &n_wanted));
    for (Py_ssize_t i = 1; fits && i < n_wanted; i++)
        if (wanted[i - 1] > wanted[i]) {
            PyErr_Format(PyExc_ValueError, "wanted must ascend, but item %zd is smaller than the one before", i);
            fits = false;
        }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        n_found = find_postings(wanted, (size_t)n_wanted, run, (size_t)n, (unsigned)id_bits, rows, firsts, ends);
        Py_END_ALLOW_THREADS
    }
    release(&held);
    return fits ? PyLong_FromSize_t(n_found) : NULL;
}

/* ---- split_postings ---- */

static PyObject *native_split_postings(PyObject *module, PyObject *args)
{
    PyObject *postings_in, *stays_in, *met_in, *rest_out;
    Py_ssize_t leaders;
    int id_bits;
    if (!PyArg_ParseTuple(args, "OiOOnO:split_postings", &postings_in, &id_bits, &stays_in, &met_in, &leaders,
                          &rest_out) || !id_bits_fit(id_bits))
        return NULL;
    if (leaders < 0) return PyErr_Format(PyExc_ValueError, "leaders must be 0 or more, got %zd", leaders);
    Held held = {.n_views = 0};
    Py_ssize_t n = -1, n_ids = -1, n_met = -1;
    size_t n_kept = 0;
    uint64_t *postings, *rest;
    const uint8_t *stays;
    const int64_t *met;
    bool fits = (postings = borrow(&held, postings_in, "postings", U64, true, &n)) &&
                (stays = borrow(&held, stays_in, "stays", U8, false, &n_ids)) &&
                (met = borrow(&held, met_in, "met", I64, false, &n_met)) &&
                (rest = borrow(&held, rest_out, "rest", U64, true, &n)) &&
                (n_met == 0 || offsets_fit(met, n_met, n, "met"));
    const uint64_t ids = ((uint64_t)1 << id_bits) - 1;
    uint64_t largest = 0;
    for (Py_ssize_t i = 0; fits && i < n; i++) largest = (postings[i] & ids) > largest ? postings[i] & ids : largest;
    if (fits && n && largest >= (uint64_t)n_ids) {
        PyErr_Format(PyExc_ValueError, "postings have the id %llu, but stays has %zd items",
                     (unsigned long long)largest, n_ids);
        fits = false;
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        n_kept = split_postings(postings, (size_t)n, (unsigned)id_bits, stays, met, (size_t)n_met, (size_t)leaders,
                                rest);
        Py_END_ALLOW_THREADS
    }
    release(&held);
    return fits ? PyLong_FromSize_t(n_kept) : NULL;
}

/* ---- The module ---- */

static PyMethodDef methods[] = {
    {"encode", native_encode, METH_VARARGS,
     "encode(texts, offsets)\n--\n\n"
     "Return the UTF-8 of a sequence of str as one bytearray, and write where each begins and the last ends."},
    {"lines", native_lines, METH_VARARGS,
     "lines(buffer, offsets, unit, starts, ends, docs, borders)\n--\n\n"
     "Write documents (unit 0), paragraphs (1) or lines (2) without regard to fences; return how many, and whether "
     "a fence may stand somewhere. With None for the outputs, count lines."},
    {"words", native_words, METH_VARARGS,
     "words(buffer, starts, ends, pages, entries, expansions, offsets, hashes, word_starts, word_ends, key=0)\n--\n\n"
     "Write the word hashes of each block, and return how many; None for an output leaves it out."},
    {"sketch", native_sketch, METH_VARARGS,
     "sketch(buffer, starts, ends, pages, entries, expansions, width_words, key, secret, a, b, n_bands, n_rows, scope, "
     "n_words, text_hash, keys, signatures)\n--\n\n"
     "Write the word count, text hash, band keys and signature of each block."},
    {"shingle_sets", native_shingle_sets, METH_VARARGS,
     "shingle_sets(buffer, starts, ends, pages, entries, expansions, width_words, key, offsets, hashes)\n--\n\n"
     "Write the sorted shingles of each block without repeats, and return how many."},
    {"intersections", native_intersections, METH_VARARGS,
     "intersections(offsets, hashes, left, right, counts, threshold=0.0)\n--\n\n"
     "Write how many shingles each pair of sets shares, -1 when too few for the threshold."},
    {"number_repeats", native_number_repeats, METH_VARARGS,
     "number_repeats(values, n_columns)\n--\n\n"
     "Replace values in place by a number that equal values of a column share, 2**64 - 1 for a value that stands "
     "alone; return how many numbers."},
    {"walk", native_walk, METH_VARARGS,
     "walk(set_offsets, set_hashes, bucket_offsets, bucket_ids, n_buckets, n_fixed, threshold, leaders, survivor, "
     "similarity, [buffer, starts, ends, pages, entries, expansions, known, least, variant, variant_similarity])\n--\n\n"
     "Decide which blocks stay, with texts by what they say too; return pairs compared, blocks matched, leaders refused "
     "by full buckets."},
    {"meanings", native_meanings, METH_VARARGS,
     "meanings(buffer, starts, ends, left, right, pages, entries, expansions, known, verdicts, similarities, slips=...)\n--\n\n"
     "Judge what each pair of blocks says, the left one to stay and the right one to go: 0 the same, 1 contained, "
     "2 contains, 3 something else."},
    {"plain_texts", native_plain_texts, METH_VARARGS,
     "plain_texts(buffer, starts, ends, pages, entries, expansions, offsets)\n--\n\n"
     "Return the plain forms of the tokens of each block, a space behind each, and write where each begins and the "
     "last ends; nothing for a block whose words are its plain forms."},
    {"byte_hashes", native_byte_hashes, METH_VARARGS,
     "byte_hashes(buffer, starts, ends, key, more_key, hashes)\n--\n\n"
     "Write a keyed hash of 128 bits of the bytes of each block."},
    {"find_postings", native_find_postings, METH_VARARGS,
     "find_postings(wanted, run, id_bits, rows, firsts, ends)\n--\n\n"
     "Write which of the wanted keys a sorted run has, and where the postings of each begin and end; return how many."},
    {"split_postings", native_split_postings, METH_VARARGS,
     "split_postings(postings, id_bits, stays, met, leaders, rest)\n--\n\n"
     "Move the postings of leaders to the front and write the others to rest; return how many lead."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_native", .m_doc = "Compiled kernels of dedupe.core; see docs/native.md.",
    .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
