/* The kernels behind dedupe.core, in plain C11 without Python.
 *
 * docs/core.md fixes what each stage computes, to the bit; docs/native.md says how this file is tested.
 * Text is read once: a block flows through words, shingles and signature in turns of about a thousand
 * words, so what lies between the bytes and the band keys stays in the first-level cache, and memory
 * does not grow with the length of a block or of a word.
 */
#ifndef DEDUPE_KERNELS_H
#define DEDUPE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(DEDUPE_PORTABLE)
#include <immintrin.h>
#define HAS_SSE2 1 /* every 64-bit x86 has it */
#ifdef __GNUC__
#define HAS_AVX2_PATH 1 /* chosen when it runs; MSVC has no __builtin_cpu_supports */
#endif
#endif
#ifdef _MSC_VER
#include <intrin.h>
#endif

#define GOLDEN 0x9E3779B97F4A7C15u
#define POSITION 0xD6E8FEB86659FD93u
#define MULTIPLY 0xA0761D6478BD642Fu
#define UNMULTIPLY 0x939C72E4AF1E62CFu /* MULTIPLY * UNMULTIPLY = 1 modulo 2**64 */
#define BAND 0xE7037ED1A0B428DBu
#define SECOND 0x8EBC6AF09C88C6E3u
#define RAW 0x589965CC75374CC3u

/* Words per turn, and how many more one step can add: 32 from a window of 64 bytes, or one expansion. */
#define TURN 1024
#define MAX_EXPANSION 64
#define SLACK 128

static inline uint64_t fmix64(uint64_t x)
{
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDu;
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53u;
    return x ^ x >> 33;
}

/* Both halves of the product, one over the other: of x * 1 that is x. */
static inline uint64_t folded_product(uint64_t x, uint64_t y)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 Wide;
    const Wide product = (Wide)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    const uint64_t low = UINT32_MAX, x0 = x & low, x1 = x >> 32, y0 = y & low, y1 = y >> 32;
    const uint64_t middle = x1 * y0 + (x0 * y0 >> 32), other = x0 * y1 + (middle & low); /* neither overflows */
    return x * y ^ (x1 * y1 + (middle >> 32) + (other >> 32));
#endif
}

/* What words are hashed with. Whoever does not know it cannot tell two words of one hash; the key of 0 is public. */
typedef struct {
    uint64_t plus, times;
} Key;

static inline Key key_of(uint64_t number) { return (Key){number, fmix64(number) | 1}; }

static inline uint64_t keyed(Key key, uint64_t chunk) { return folded_product(chunk + key.plus, key.times); }

static inline uint32_t fmix32(uint32_t x)
{
    x = (x ^ x >> 16) * 0x85EBCA6Bu;
    x = (x ^ x >> 13) * 0xC2B2AE35u;
    return x ^ x >> 16;
}

static inline unsigned lowest_bit(uint64_t x) /* x must not be 0 */
{
#if defined(_MSC_VER) && defined(_WIN64)
    unsigned long at;
    _BitScanForward64(&at, x);
    return at;
#elif defined(__GNUC__)
    return (unsigned)__builtin_ctzll(x);
#else
    unsigned at = 0;
    while (!(x >> at & 1)) at++;
    return at;
#endif
}

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Up to eight bytes as a little-endian number, the missing ones 0. memcpy needs no alignment. */
static inline uint64_t load(const uint8_t *p, size_t n)
{
    uint64_t chunk = 0;
    memcpy(&chunk, p, n);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    chunk = __builtin_bswap64(chunk);
#endif
    return chunk;
}

/* ---- Lines and paragraphs ---- */

enum { DOCUMENT, PARAGRAPH, LINES };              /* units */
enum { AFTER_LINE_END = 3, AFTER_BLANK_LINE = 4 }; /* borders, as in core/blocks.py */

typedef struct {
    int64_t *starts, *ends, *docs; /* NULL to count only */
    uint8_t *borders;
    size_t n, room;
    bool has_fences;               /* three backticks or tildes in a row stand somewhere */
} Blocks;

/* Bytes of the line end that begins at p: LF, CR, CR LF, U+0085, U+2028 or U+2029; 0 where none does. */
static inline size_t line_end_at(const uint8_t *p, const uint8_t *end)
{
    if (*p == '\n') return 1;
    if (*p == '\r') return end - p > 1 && p[1] == '\n' ? 2 : 1;
    if (*p == 0xC2) return end - p > 1 && p[1] == 0x85 ? 2 : 0;
    return *p == 0xE2 && end - p > 2 && p[1] == 0x80 && (p[2] & 0xFE) == 0xA8 ? 3 : 0;
}

/* Bytes of the white space (what str.isspace says) that ends right before p; 0 where something else does. */
static inline size_t space_before(const uint8_t *start, const uint8_t *p)
{
    size_t n = (size_t)(p - start);
    uint32_t last = n ? p[-1] : 'x';
    if (last < 0x80) return (last >= 9 && last <= 13) || (last >= 28 && last <= 32) ? 1 : 0;
    if (n >= 2 && p[-2] == 0xC2) return last == 0x85 || last == 0xA0 ? 2 : 0;
    uint32_t code = n >= 3 ? (uint32_t)p[-3] << 16 | (uint32_t)p[-2] << 8 | last : 0;
    bool is_space = (code >= 0xE28080 && code <= 0xE2808A) || code == 0xE280A8 || code == 0xE280A9 ||
                    code == 0xE280AF || code == 0xE2819F || code == 0xE19A80 || code == 0xE38080;
    return is_space ? 3 : 0;
}

static inline const uint8_t *stripped(const uint8_t *start, const uint8_t *end)
{
    for (size_t n; (n = space_before(start, end)); end -= n) {}
    return end;
}

static inline bool add_block(Blocks *out, int64_t start, int64_t end, int64_t doc, uint8_t border)
{
    size_t i = out->n++;
    if (!out->starts) return true;
    if (i >= out->room) return false;
    out->starts[i] = start;
    out->ends[i] = end;
    out->docs[i] = doc;
    out->borders[i] = border;
    return true;
}

/* Cut one text into its lines; in a text with a blank line inside, `joined` makes paragraphs of them. */
static bool split_text(const uint8_t *buffer, const uint8_t *p, const uint8_t *end, int64_t doc, bool joined,
                       Blocks *out)
{
    static const uint8_t is_special[256] = {['\n'] = 1, ['\r'] = 1, [0xC2] = 1, [0xE2] = 1, ['`'] = 1, ['~'] = 1};
    const size_t first = out->n;
    bool is_blank = true, is_wrapped = false;
    while (p < end) {
        const uint8_t *at = p;
        size_t size = 0;
        for (;; at++) {
            while (at < end && !is_special[*at]) at++;
            if (at == end || (size = line_end_at(at, end))) break;
            if (*at < 0x80 && end - at > 2 && at[1] == *at && at[2] == *at) out->has_fences = true;
        }
        const uint8_t *stop = stripped(p, at);
        if (stop > p) {
            is_wrapped |= is_blank && out->n > first;
            if (!add_block(out, p - buffer, stop - buffer, doc, is_blank ? AFTER_BLANK_LINE : AFTER_LINE_END))
                return false;
        }
        is_blank = stop == p;
        p = at + size;
    }
    if (!joined || !is_wrapped || !out->starts) return true;
    size_t kept = first;
    for (size_t i = first + 1; i < out->n; i++) {
        if (out->borders[i] == AFTER_BLANK_LINE) {
            kept++;
            out->starts[kept] = out->starts[i];
            out->borders[kept] = AFTER_BLANK_LINE;
        }
        out->ends[kept] = out->ends[i];
    }
    out->n = kept + 1;
    return true;
}

/* Cut texts into blocks as "Blocks" in docs/core.md says, fences apart; false when `room` is too small. */
static bool split_texts(const uint8_t *buffer, const int64_t *offsets, size_t n_texts, int unit, Blocks *out)
{
    for (size_t i = 0; i < n_texts; i++) {
        const uint8_t *start = buffer + offsets[i], *end = buffer + offsets[i + 1];
        bool fits = true;
        if (unit != DOCUMENT) fits = split_text(buffer, start, end, (int64_t)i, unit == PARAGRAPH, out);
        else if (stripped(start, end) > start)
            fits = add_block(out, offsets[i], offsets[i + 1], (int64_t)i, AFTER_BLANK_LINE);
        if (!fits) return false;
    }
    return true;
}

/* ---- Words ---- */

enum { SEPARATOR, LETTER, ALONE, MARK, IGNORED, EXPANDS };

typedef struct {
    const uint16_t *pages;
    const uint32_t *entries; /* checked at the door: every page lies inside */
    const uint32_t *expansions;
    size_t n_pages, n_expansions;
} Table;

typedef struct {
    Key hash, name;
    bool has_names;
} Keys;

typedef struct {
    uint64_t chunk, sum; /* bytes of the chunk that is not full yet; mixed full chunks */
    uint64_t name;       /* the sum of the full chunks under the key of names */
    uint64_t size;       /* folded bytes so far */
    const uint8_t *start, *end;
    int kind;            /* LETTER or ALONE, or SEPARATOR when no word is open */
} OpenWord;

typedef struct {
    const Table *table;
    const uint8_t *buffer, *limit; /* all the text: no load goes past `limit` */
    const uint8_t *at, *end;       /* what is left of the block */
    int64_t *starts, *ends;        /* where the words lie in the buffer, or NULL */
    Keys keys;
    uint64_t *names;               /* what text hashes are made of, or NULL */
    OpenWord open;
    uint32_t *marks;               /* combining marks that wait for canonical order */
    size_t n_marks, marks_room;
    bool out_of_memory;
} Tokenizer;

static inline void add_chunk(const Keys *keys, OpenWord *word, uint64_t position)
{
    const uint64_t chunk = word->chunk + position;
    word->sum += fmix64(keys->hash.plus ? keyed(keys->hash, chunk) : chunk); /* the key of 0 changes nothing */
    if (keys->has_names) word->name += keyed(keys->name, chunk);
}

static inline void add_byte(const Keys *keys, OpenWord *word, uint32_t byte)
{
    word->chunk |= (uint64_t)byte << 8 * (word->size & 7);
    if ((++word->size & 7) == 0) {
        add_chunk(keys, word, (word->size >> 3) * POSITION);
        word->chunk = 0;
    }
}

/* Any folded code point but ASCII is three bytes of seven bits, so each byte has its top bit set. */
static inline void add_three_bytes(const Keys *keys, OpenWord *word, uint32_t point)
{
    uint64_t bytes = 0x808080u | (point >> 14 & 127) | (point >> 7 & 127) << 8 | (point & 127) << 16;
    unsigned used = word->size & 7;
    word->chunk |= bytes << 8 * used;
    word->size += 3;
    if (used >= 5) { /* the chunk is full; what did not fit opens the next one (shifts of 24, 16 and 8) */
        add_chunk(keys, word, (word->size >> 3) * POSITION);
        word->chunk = bytes >> (64 - 8 * used);
    }
}

static inline void add_point(const Keys *keys, OpenWord *word, uint32_t point)
{
    if (point < 0x80) add_byte(keys, word, point);
    else add_three_bytes(keys, word, point);
}

static bool in_order(const uint32_t *marks, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (marks[i - 1] >> 24 > marks[i] >> 24) return false;
    return true;
}

/* Write out the waiting marks, sorted by combining class, stably. They mostly are in order already. If not, a
 * class is written at a time: a run has at most the 55 classes that Unicode has, so even a long run costs 55
 * looks at each mark and needs no second array. */
static OpenWord add_marks(Tokenizer *t, OpenWord word)
{
    const size_t n = t->n_marks;
    t->n_marks = 0;
    if (in_order(t->marks, n)) {
        for (size_t i = 0; i < n; i++) add_point(&t->keys, &word, t->marks[i] & 0x1FFFFF);
        return word;
    }
    bool used[256] = {false};
    for (size_t i = 0; i < n; i++) used[t->marks[i] >> 24] = true;
    for (uint32_t combining = 0; combining < 256; combining++)
        for (size_t i = 0; used[combining] && i < n; i++)
            if (t->marks[i] >> 24 == combining) add_point(&t->keys, &word, t->marks[i] & 0x1FFFFF);
    return word;
}

static inline void flush_marks(Tokenizer *t, OpenWord *word)
{
    if (t->n_marks == 1) add_point(&t->keys, word, t->marks[0] & 0x1FFFFF);
    else if (t->n_marks) *word = add_marks(t, *word);
    t->n_marks = 0;
}

static void keep_mark(Tokenizer *t, uint32_t entry)
{
    if (t->n_marks == t->marks_room) {
        size_t room = 2 * t->marks_room + 64;
        uint32_t *more = realloc(t->marks, room * sizeof *more);
        if (!more) {
            t->out_of_memory = true;
            return;
        }
        t->marks = more;
        t->marks_room = room;
    }
    t->marks[t->n_marks++] = entry;
}

static inline size_t close_word(Tokenizer *t, OpenWord *word, uint64_t *hashes, size_t n)
{
    flush_marks(t, word);
    if (word->size & 7) add_chunk(&t->keys, word, ((word->size >> 3) + 1) * POSITION);
    hashes[n] = fmix64(word->size * GOLDEN + word->sum);
    if (t->names) t->names[n] = word->size * GOLDEN + word->name;
    if (t->starts) {
        t->starts[n] = word->start - t->buffer;
        t->ends[n] = word->end - t->buffer;
    }
    *word = (OpenWord){0};
    return n + 1;
}

/* Let one folded code point open, extend or end a word. */
static inline size_t feed(Tokenizer *t, OpenWord *word, uint32_t entry, const uint8_t *from, const uint8_t *to,
                          uint64_t *hashes, size_t n)
{
    int kind = entry >> 21 & 7;
    if (kind == LETTER || kind == ALONE) {
        if (word->kind && (kind == ALONE || word->kind == ALONE)) n = close_word(t, word, hashes, n);
        if (!word->kind) {
            word->kind = kind;
            word->start = from;
        }
        flush_marks(t, word);
    } else if (kind == MARK && word->kind) {
        word->end = to;
        if (entry >> 24) {
            keep_mark(t, entry);
            return n;
        }
        flush_marks(t, word);
    } else {
        if (kind != IGNORED && word->kind) n = close_word(t, word, hashes, n);
        return n;
    }
    add_point(&t->keys, word, entry & 0x1FFFFF);
    word->end = to;
    return n;
}

/* One code point of UTF-8 (surrogates allowed). Broken bytes give U+FFFD one by one, and stay inside. */
static inline uint32_t decode(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    uint32_t lead = *p;
    size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || (size_t)(end - p) < size) {
        ++*at;
        return 0xFFFD;
    }
    *at += size;
    switch (size) {
    case 1: return lead;
    case 2: return (lead & 31) << 6 | (p[1] & 63);
    case 3: return (lead & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    default: return (lead & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
    }
}

static inline uint32_t look_up(const Table *table, uint32_t point)
{
    size_t page = point >> 7;
    return page < table->n_pages ? table->entries[(size_t)table->pages[page] * 128 + (point & 127)] : SEPARATOR;
}

/* The usual case in a loop of its own, which the processor's registers suffice for: more letters of a word. */
static const uint8_t *more_letters(const Tokenizer *t, OpenWord *open, const uint8_t *at, const uint8_t *end)
{
    const Table *table = t->table;
    const uint16_t *pages = table->pages;
    const uint32_t *entries = table->entries;
    const size_t n_pages = table->n_pages;
    const Keys keys = t->keys;
    OpenWord word = *open;
    while (at < end) {
        const uint8_t *next = at;
        uint32_t point = decode(&next, end);
        if (point >> 7 >= n_pages) break;
        uint32_t entry = entries[(size_t)pages[point >> 7] * 128 + (point & 127)];
        if (entry >> 21 != LETTER) break; /* no other class, no combining class */
        add_point(&keys, &word, entry & 0x1FFFFF);
        word.end = at = next;
    }
    *open = word;
    return at;
}

/* Any text, a code point at a time; goes on until no word is open and two ASCII bytes lie ahead. */
static size_t table_words(Tokenizer *t, uint64_t *hashes, size_t n, size_t room)
{
    const Table table = *t->table;
    const uint8_t *at = t->at, *end = t->end;
    OpenWord word = t->open; /* a local copy stays in registers */
    do {
        const uint8_t *from = at;
        uint32_t entry = look_up(&table, decode(&at, end));
        if ((entry >> 21 & 7) != EXPANDS) {
            n = feed(t, &word, entry, from, at, hashes, n);
            if (word.kind == LETTER && !t->n_marks) at = more_letters(t, &word, at, end);
            continue;
        }
        size_t where = entry & 0x1FFFFF;
        size_t count = where < table.n_expansions ? table.expansions[where] : 0;
        if (count > MAX_EXPANSION || count >= table.n_expansions - where) count = 0; /* not a table of ours */
        for (size_t i = 1; i <= count; i++)
            n = feed(t, &word, look_up(&table, table.expansions[where + i]), from, at, hashes, n);
    } while (at < end && n < room && (word.kind || *at >= 0x80 || (end - at > 1 && at[1] >= 0x80)));
    t->at = at;
    t->open = word;
    return n;
}

/* Bit i of `word` is set when p[i] is an ASCII letter or digit, bit i of `high` when it is not ASCII. */
#ifdef HAS_SSE2
static inline void classify(const uint8_t *p, uint64_t *word, uint64_t *high)
{
    *word = *high = 0;
    for (int i = 0; i < 64; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(p + i));
        __m128i letters = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
        /* x <= c without a sign is min(x, c) == x; SSE2 has no unsigned comparison */
        letters = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(25)), letters);
        digits = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
        *word |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(letters, digits)) << i;
        *high |= (uint64_t)(unsigned)_mm_movemask_epi8(bytes) << i;
    }
}
#else
/* Eight bytes at a time in one register. Adding 0x80 - c to a byte below 0x80 sets its top bit when the byte
 * is at least c, and cannot carry into the next byte, since both are at most 0x80. The multiplication
 * then collects the eight top bits: each lands on its own bit of the top byte, again without a carry. */
static inline void classify(const uint8_t *p, uint64_t *word, uint64_t *high)
{
    const uint64_t each = 0x0101010101010101u, tops = 0x8080808080808080u, gather = 0x0102040810204080u;
    *word = *high = 0;
    for (int i = 0; i < 64; i += 8) {
        uint64_t bytes = load(p + i, 8), low = bytes & ~tops, folded = low | 0x20 * each;
        uint64_t letters = (folded + (0x80 - 'a') * each) & ~(folded + (0x7F - 'z') * each);
        uint64_t digits = (low + (0x80 - '0') * each) & ~(low + (0x7F - '9') * each);
        uint64_t members = (letters | digits) & ~bytes & tops;
        *word |= ((members >> 7) * gather >> 56) << i;
        *high |= (((bytes & tops) >> 7) * gather >> 56) << i;
    }
}
#endif

/* A word of ASCII letters and digits. Setting bit 0x20 makes letters lower case and leaves digits alone. */
static inline size_t add_ascii_word(Tokenizer *t, const Keys *keys, const uint8_t *from, const uint8_t *to,
                                    uint64_t *hashes, size_t n)
{
    const uint64_t lower = 0x2020202020202020u;
    const size_t size = (size_t)(to - from);
    OpenWord word = {0};
    uint64_t position = POSITION;
    const uint8_t *p = from;
    size_t left = size;
    for (; left > 8; left -= 8, p += 8, position += POSITION) {
        word.chunk = load(p, 8) | lower;
        add_chunk(keys, &word, position);
    }
    word.chunk = t->limit - p >= 8 ? load(p, 8) : load(p, left); /* eight bytes are one instruction */
    word.chunk = (word.chunk | lower) & ~UINT64_C(0) >> (64 - 8 * left);
    add_chunk(keys, &word, position);
    hashes[n] = fmix64(size * GOLDEN + word.sum);
    if (keys->has_names) t->names[n] = size * GOLDEN + word.name;
    if (t->starts) {
        t->starts[n] = from - t->buffer;
        t->ends[n] = to - t->buffer;
    }
    return n + 1;
}

/* ASCII text, a window of 64 bytes at a time; stops before the first word that the table must decide. */
static size_t ascii_words(Tokenizer *t, uint64_t *hashes, size_t n, size_t room)
{
    const Keys keys = t->keys; /* a local copy stays in registers */
    const uint8_t *at = t->at;
    while (at < t->end && n < room) {
        size_t left = smaller((size_t)(t->end - at), 64);
        uint64_t word, high;
        if (t->limit - at >= 64) {
            classify(at, &word, &high);
        } else {
            uint8_t tail[64] = {0};
            memcpy(tail, at, left);
            classify(tail, &word, &high);
        }
        if (left < 64) high |= UINT64_C(1) << left; /* the block's end stops the scan as well */
        size_t ascii = high ? lowest_bit(high) : 64;
        if (ascii < 64) word &= (UINT64_C(1) << ascii) - 1;
        uint64_t starts = word & ~(word << 1), stops = ~word & word << 1; /* first bit of a run, first after it */
        const bool is_last = at + ascii == t->end;
        if (ascii < 64 && !is_last) stops &= ~(UINT64_C(1) << ascii); /* a mark may follow: not the word's end yet */
        for (; stops; starts &= starts - 1, stops &= stops - 1)
            n = add_ascii_word(t, &keys, at + lowest_bit(starts), at + lowest_bit(stops), hashes, n);
        if (starts && !is_last) { /* a word that goes on behind what was classified, or may do so */
            size_t from = lowest_bit(starts);
            t->at = at += from;
            if (ascii < 64 || from == 0) return n; /* it touches other text, or fills the window */
            continue;
        }
        if (starts) n = add_ascii_word(t, &keys, at + lowest_bit(starts), at + 64, hashes, n);
        t->at = at += ascii;
        if (ascii < left) return n;
    }
    return n;
}

static void open_block(Tokenizer *t, const uint8_t *start, const uint8_t *end)
{
    t->at = start;
    t->end = end;
    t->open = (OpenWord){0};
    t->n_marks = 0;
}

/* Write about `room` more word hashes (never more than room + SLACK); the block is done when at == end. */
static size_t next_words(Tokenizer *t, uint64_t *hashes, size_t room)
{
    size_t n = 0;
    while (t->at < t->end && n < room) {
        if (!t->open.kind) n = ascii_words(t, hashes, n, room);
        if (t->at < t->end && n < room) n = table_words(t, hashes, n, room);
    }
    if (t->at == t->end && t->open.kind) n = close_word(t, &t->open, hashes, n);
    return n;
}

/* ---- Text hash and shingles ---- */

typedef struct {
    Tokenizer words;
    size_t width;
    size_t turn;         /* words per turn, at least `width` */
    uint64_t top;        /* MULTIPLY to the power of `width` */
    uint64_t *recent;    /* the last `width` words, then those of this turn */
    uint64_t *names;     /* of the words of this turn, for the text hash; NULL without one */
    uint64_t *shingles;  /* those of this turn */
    uint64_t rolling, power;
    uint64_t n_words, sums[2];
    bool is_done;
} Shingler;

static bool make_shingler(Shingler *s, const Table *table, const uint8_t *buffer, size_t size, size_t width, Key key,
                          const Key *name_key)
{
    *s = (Shingler){.width = width, .turn = width > TURN ? width : TURN, .top = 1};
    s->words = (Tokenizer){.table = table, .buffer = buffer, .limit = buffer + size, .keys.hash = key};
    if (name_key) {
        s->words.keys.name = *name_key;
        s->words.keys.has_names = true;
        s->words.names = s->names = malloc((s->turn + SLACK) * sizeof *s->names);
    }
    for (size_t j = 0; j < width; j++) s->top *= MULTIPLY;
    s->recent = calloc(width + s->turn + SLACK, sizeof *s->recent);
    s->shingles = malloc((s->turn + SLACK) * sizeof *s->shingles);
    return s->recent && s->shingles && (s->names || !name_key);
}

static void free_shingler(Shingler *s)
{
    free(s->recent);
    free(s->names);
    free(s->shingles);
    free(s->words.marks);
}

static void start_block(Shingler *s, int64_t start, int64_t end)
{
    open_block(&s->words, s->words.buffer + start, s->words.buffer + end);
    s->rolling = s->n_words = s->sums[0] = s->sums[1] = 0;
    s->power = MULTIPLY;
    s->is_done = false;
}

/* Hash the shingles that end in the next turn of words.
 *
 * rolling = sum of h[i + j] * MULTIPLY**(j + 1). MULTIPLY is odd, so it has an inverse modulo 2**64 and the
 * window moves by one word exactly: drop h[i] * MULTIPLY, divide by MULTIPLY, add the new word on top. */
static size_t next_shingles(Shingler *s)
{
    const size_t width = s->width;
    uint64_t *fresh = s->recent + width;
    size_t n_fresh = next_words(&s->words, fresh, s->turn), n = 0, i = 0;
    s->is_done = s->words.at == s->words.end;

    const Key name_key = s->words.keys.name;
    uint64_t position = s->n_words * POSITION;
    for (size_t k = 0; s->names && k < n_fresh; k++) {
        uint64_t mixed = keyed(name_key, s->names[k] + (position += POSITION));
        s->sums[0] += mixed;
        s->sums[1] += mixed * mixed;
    }
    uint64_t rolling = s->rolling;
    for (; i < n_fresh && s->n_words < width; i++) {
        rolling += fresh[i] * s->power;
        s->power *= MULTIPLY;
        if (++s->n_words == width) s->shingles[n++] = fmix64(width + rolling);
    }
    s->n_words += n_fresh - i;
    for (; i < n_fresh; i++) {
        rolling = (rolling - s->recent[i] * MULTIPLY) * UNMULTIPLY + fresh[i] * s->top;
        s->shingles[n++] = fmix64(width + rolling);
    }
    s->rolling = rolling;
    if (!s->is_done) memmove(s->recent, s->recent + n_fresh, width * sizeof *fresh);
    else if (s->n_words && s->n_words < width) s->shingles[n++] = fmix64(s->n_words + rolling);
    return n;
}

static bool is_space(uint8_t byte) { return byte == 32 || (byte >= 9 && byte <= 13); }

/* The name of the block: its words in order, or its stripped bytes when it has no word. */
static void text_hash(const Shingler *s, int64_t start, int64_t end, uint64_t out[2])
{
    uint64_t sums[2] = {s->sums[0], s->sums[1]}, size = s->n_words;
    if (size == 0) {
        const uint8_t *p = s->words.buffer + start, *stop = s->words.buffer + end;
        while (p < stop && is_space(*p)) p++;
        while (p < stop && is_space(stop[-1])) stop--;
        size = (uint64_t)(stop - p);
        sums[0] = sums[1] = RAW;
        for (uint64_t position = POSITION; p < stop; p += smaller(8, (size_t)(stop - p)), position += POSITION) {
            uint64_t mixed = keyed(s->words.keys.name, load(p, smaller(8, (size_t)(stop - p))) + position);
            sums[0] += mixed;
            sums[1] += mixed * mixed;
        }
    }
    out[0] = fmix64(size * GOLDEN + sums[0]);
    out[1] = fmix64(size * SECOND + sums[1]);
}

/* ---- Signatures and band keys ---- */

/* minima[k] = min(minima[k], a[k] * x + b[k]) for each x; n_hashes is a multiple of 8. */
typedef void Minimize(uint32_t *minima, const uint32_t *a, const uint32_t *b, size_t n_hashes, const uint32_t *x,
                      size_t n);

static void minimize_plain(uint32_t *minima, const uint32_t *a, const uint32_t *b, size_t n_hashes,
                           const uint32_t *x, size_t n)
{
    for (size_t k = 0; k < n_hashes; k += 8) {
        uint32_t best[8];
        memcpy(best, minima + k, sizeof best);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < 8; j++) {
                uint32_t value = a[k + j] * x[i] + b[k + j];
                best[j] = value < best[j] ? value : best[j];
            }
        memcpy(minima + k, best, sizeof best);
    }
}

#ifdef HAS_AVX2_PATH
/* `groups` (a constant at each call, so the inner loops unroll) times eight permutations stay in registers
 * while all x pass by: at most 4 * 3 registers of the 16. */
__attribute__((target("avx2"), always_inline)) static inline void minimize_groups(
    const int groups, uint32_t *minima, const uint32_t *a, const uint32_t *b, const uint32_t *x, size_t n)
{
    __m256i best[4], times[4], plus[4];
    for (int g = 0; g < groups; g++) {
        best[g] = _mm256_loadu_si256((const __m256i *)(minima + 8 * g));
        times[g] = _mm256_loadu_si256((const __m256i *)(a + 8 * g));
        plus[g] = _mm256_loadu_si256((const __m256i *)(b + 8 * g));
    }
    for (size_t i = 0; i < n; i++) {
        __m256i all = _mm256_set1_epi32((int)x[i]);
        for (int g = 0; g < groups; g++)
            best[g] = _mm256_min_epu32(best[g], _mm256_add_epi32(_mm256_mullo_epi32(all, times[g]), plus[g]));
    }
    for (int g = 0; g < groups; g++) _mm256_storeu_si256((__m256i *)(minima + 8 * g), best[g]);
}

__attribute__((target("avx2"))) static void minimize_avx2(uint32_t *minima, const uint32_t *a, const uint32_t *b,
                                                          size_t n_hashes, const uint32_t *x, size_t n)
{
    size_t k = 0;
    for (; k + 32 <= n_hashes; k += 32) minimize_groups(4, minima + k, a + k, b + k, x, n);
    for (; k < n_hashes; k += 8) minimize_groups(1, minima + k, a + k, b + k, x, n);
}
#endif

static Minimize *widest_minimize(void)
{
#ifdef HAS_AVX2_PATH
    if (__builtin_cpu_supports("avx2")) return minimize_avx2;
#endif
    return minimize_plain;
}

static void band_keys(const uint32_t *signature, size_t n_bands, size_t n_rows, uint64_t scope, uint64_t *keys)
{
    for (size_t j = 0; j < n_bands; j++) {
        uint64_t key = scope + (j + 1) * BAND, power = 1;
        for (size_t r = 0; r < n_rows; r++) key += ((uint64_t)*signature++ + 1) * (power *= MULTIPLY);
        keys[j] = fmix64(key);
    }
}

/* ---- Sets ---- */

/* Sort by the byte at `shift`, then each bucket by the next lower byte. Hashes are spread evenly, so buckets
 * halve eight times a level; equal ones cost at most eight passes, whatever the input. */
static void sort_hashes(uint64_t *hashes, uint64_t *spare, size_t n, int shift)
{
    if (n <= 32) {
        for (size_t i = 1; i < n; i++) {
            uint64_t hash = hashes[i];
            size_t j = i;
            for (; j > 0 && hashes[j - 1] > hash; j--) hashes[j] = hashes[j - 1];
            hashes[j] = hash;
        }
        return;
    }
    size_t ends[256] = {0};
    for (size_t i = 0; i < n; i++) ends[hashes[i] >> shift & 255]++;
    size_t total = 0;
    for (int bucket = 0; bucket < 256; bucket++) {
        size_t count = ends[bucket];
        ends[bucket] = total;
        total += count;
    }
    for (size_t i = 0; i < n; i++) spare[ends[hashes[i] >> shift & 255]++] = hashes[i];
    memcpy(hashes, spare, n * sizeof *hashes);
    if (shift == 0) return;
    for (size_t bucket = 0, begin = 0; bucket < 256; begin = ends[bucket++])
        if (ends[bucket] - begin > 1) sort_hashes(hashes + begin, spare, ends[bucket] - begin, shift - 8);
}

static size_t drop_repeats(uint64_t *sorted, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1]) sorted[kept++] = sorted[i];
    return kept;
}

/* Common elements when one set is much smaller: each of its elements is found by doubling steps. */
static int64_t intersect_galloping(const uint64_t *few, size_t n_few, const uint64_t *many, size_t n_many,
                                   size_t needed)
{
    size_t shared = 0, low = 0;
    for (size_t i = 0; i < n_few && low < n_many; i++) {
        if (shared + n_few - i < needed) return -1;
        size_t step = 1, high = low;
        while (high < n_many && many[high] < few[i]) {
            low = high + 1;
            high += step;
            step *= 2;
        }
        high = smaller(high, n_many);
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (many[middle] < few[i]) low = middle + 1;
            else high = middle;
        }
        if (low < n_many && many[low] == few[i]) shared++;
    }
    return shared < needed ? -1 : (int64_t)shared;
}

/* Count the common elements of two sorted sets; -1 when they are fewer than `needed`.
 *
 * Each step moves one side or, at a common element, both, with comparisons as numbers in place of branches,
 * which nothing could predict. min(n_left, n_right) steps cannot run off either end, so the inner loop has no
 * other test, and `needed` is looked at once a round. */
static int64_t intersect(const uint64_t *left, size_t n_left, const uint64_t *right, size_t n_right, size_t needed)
{
    if (smaller(n_left, n_right) < needed) return -1;
    if (n_left / 16 > n_right) return intersect_galloping(right, n_right, left, n_left, needed);
    if (n_right / 16 > n_left) return intersect_galloping(left, n_left, right, n_right, needed);
    const uint64_t *left_end = left + n_left, *right_end = right + n_right;
    size_t shared = 0;
    for (;;) {
        size_t possible = smaller((size_t)(left_end - left), (size_t)(right_end - right));
        if (possible == 0 || shared + possible < needed) break;
        for (size_t steps = smaller(possible, 128); steps; steps--) {
            uint64_t l = *left, r = *right;
            shared += l == r;
            left += l <= r;
            right += r <= l;
        }
    }
    return shared < needed ? -1 : (int64_t)shared;
}

/* ---- Buckets ---- */

#define ALONE_IN_COLUMN UINT64_MAX

typedef struct {
    uint64_t value;
    size_t row;
} Keyed;

/* Number the equal values of one part of a column: `slots` is a hash table of places in the part, plus one. */
static void number_part(const Keyed *part, size_t n, uint32_t *slots, uint64_t *column, size_t stride, int64_t *next)
{
    size_t mask = 1;
    while (mask < 2 * n) mask *= 2;
    memset(slots, 0, mask-- * sizeof *slots);
    for (size_t i = 0; i < n; i++) {
        size_t slot = (part[i].value * GOLDEN >> 20) & mask;
        while (slots[slot] && part[slots[slot] - 1].value != part[i].value) slot = (slot + 1) & mask;
        if (!slots[slot]) {
            slots[slot] = (uint32_t)i + 1;
            continue;
        }
        uint64_t *first = column + part[slots[slot] - 1].row * stride;
        if (*first == ALONE_IN_COLUMN) *first = (uint64_t)(*next)++;
        column[part[i].row * stride] = *first;
    }
}

/* Replace each value of a table by a number that the equal values of its column share with nothing else, or by
 * ALONE_IN_COLUMN. Values are hashes: they are dealt out by their top bits into parts of about a thousand,
 * whose hash tables fit into the first-level cache, so the cost per value hardly grows with the table. */
static bool number_repeats(uint64_t *values, size_t n_rows, size_t n_columns, int64_t *n_numbers)
{
    unsigned bits = 0;
    while (bits < 12 && n_rows >> bits > 1024) bits++;
    const size_t n_parts = (size_t)1 << bits;
    size_t room = 0, *ends = malloc((n_parts + 1) * sizeof *ends);
    uint64_t *plain = malloc((n_rows + 1) * sizeof *plain);
    Keyed *keyed = malloc((n_rows + 1) * sizeof *keyed);
    uint32_t *slots = NULL;
    bool has_memory = ends && plain && keyed;
    for (size_t c = 0; c < n_columns && has_memory; c++) {
        uint64_t *column = values + c;
        memset(ends, 0, (n_parts + 1) * sizeof *ends);
        for (size_t i = 0; i < n_rows; i++) {
            plain[i] = column[i * n_columns];
            column[i * n_columns] = ALONE_IN_COLUMN;
            ends[plain[i] >> 1 >> (63 - bits)]++;
        }
        size_t largest = 0, total = 0;
        for (size_t k = 0; k < n_parts; k++) {
            size_t count = ends[k];
            ends[k] = total;
            total += count;
            largest = count > largest ? count : largest;
        }
        for (size_t i = 0; i < n_rows; i++) keyed[ends[plain[i] >> 1 >> (63 - bits)]++] = (Keyed){plain[i], i};
        if (largest > room) {
            free(slots);
            room = largest;
            has_memory = (slots = malloc((4 * room + 2) * sizeof *slots)) != NULL;
        }
        for (size_t k = 0, begin = 0; has_memory && k < n_parts; begin = ends[k++])
            if (ends[k] - begin > 1) number_part(keyed + begin, ends[k] - begin, slots, column, n_columns, n_numbers);
    }
    free(ends);
    free(plain);
    free(keyed);
    free(slots);
    return has_memory;
}

/* ---- Similarity ---- */

static inline double jaccard(size_t shared, size_t n_left, size_t n_right)
{
    size_t united = n_left + n_right - shared;
    return (double)shared / (double)(united ? united : 1);
}

/* The fewest common elements whose similarity, rounded as NumPy rounds it, reaches `bar`.
 * Rounding keeps order (a larger quotient never rounds to a smaller double), so everything below is below. */
static size_t least_shared(size_t n_left, size_t n_right, double bar)
{
    size_t most = smaller(n_left, n_right);
    double guess = bar / (1.0 + bar) * (double)(n_left + n_right);
    size_t shared = guess >= (double)most ? most : (size_t)guess;
    while (shared > 0 && jaccard(shared - 1, n_left, n_right) >= bar) shared--;
    while (shared <= most && jaccard(shared, n_left, n_right) < bar) shared++;
    return shared; /* most + 1 when even equal sets would not do */
}

/* ---- Postings: a key in the upper bits, an id in the lower ones ---- */

/* The first place of a sorted array with `value` or more, looked for from `guess` (at most n) in doubling steps. */
static size_t lower_bound(const uint64_t *sorted, size_t n, size_t guess, uint64_t value)
{
    size_t low = guess, high = guess, step = 1;
    if (guess < n && sorted[guess] < value) {
        for (low = high = guess + 1; high < n && sorted[high] < value; high += step, step *= 2) low = high + 1;
        high = smaller(high, n);
    } else {
        for (; low > 0 && sorted[low - 1] >= value; low -= smaller(low, step), step *= 2) high = low - 1;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Look up the keys of ascending numbers in a sorted run; returns how many it has.
 *
 * Each key is looked for where an even spread would put it, counted on from the one before. Keys are hashes, so that
 * is off by about the square root of the way between the two: few keys touch a page or two of a mapped file each,
 * and many keys walk along the run. Keys that are not spread evenly cost more steps, twice the logarithm at most. */
static size_t find_postings(const uint64_t *wanted, size_t n_wanted, const uint64_t *run, size_t n, unsigned id_bits,
                            int64_t *rows, int64_t *firsts, int64_t *ends)
{
    const uint64_t ids = ((uint64_t)1 << id_bits) - 1;
    const double density = (double)n * 0x1p-64;
    uint64_t before = 0;
    size_t first = 0, end = 0, found = 0;
    for (size_t i = 0; i < n_wanted; i++) {
        uint64_t key = wanted[i] & ~ids;
        if (i == 0 || key != before) {
            size_t guess = end + (size_t)((double)(key - before) * density);
            first = end = lower_bound(run, n, smaller(guess, n), key);
            if (first < n && (run[first] & ~ids) == key) end = lower_bound(run, n, first + 1, key | ids);
            while (end < n && run[end] == (key | ids)) end++; /* the bound of the next key could be 2**64 */
            before = key;
        }
        if (first == end) continue;
        rows[found] = (int64_t)i;
        firsts[found] = (int64_t)first;
        ends[found++] = (int64_t)end;
    }
    return found;
}

/* Keep the postings of leaders at the front, and put the others into `rest`; returns how many are kept.
 *
 * A bucket keeps the first `leaders` of its ids that stay. `met` has the place of a bucket's first posting once for
 * each leader that the bucket has elsewhere. */
static size_t split_postings(uint64_t *postings, size_t n, unsigned id_bits, const uint8_t *stays, const int64_t *met,
                             size_t n_met, size_t leaders, uint64_t *rest)
{
    const uint64_t ids = ((uint64_t)1 << id_bits) - 1;
    uint64_t before = 0;
    size_t kept = 0, m = 0, n_leaders = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t posting = postings[i];
        if (i == 0 || (posting ^ before) > ids) {
            for (n_leaders = 0; m < n_met && (size_t)met[m] <= i; m++) n_leaders++;
        }
        before = posting;
        if (stays[posting & ids] && n_leaders < leaders) {
            postings[kept++] = posting;
            n_leaders++;
        } else {
            rest[i - kept] = posting;
        }
    }
    return kept;
}

#endif
