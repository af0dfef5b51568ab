/* Text to atoms, from which tokens are cut: the first half of core/meaning/tokens.py, its plain twin.
 *
 * The twin reads a text as atoms: folded code points, each with the code point that it came from. Here the bytes
 * of a text are its atoms when it is ASCII without entities and cut words; any other text is laid out in an array.
 */
#ifndef DEDUPE_MEANING_ATOMS_H
#define DEDUPE_MEANING_ATOMS_H

#include "_native_kernels.h"

/* Kinds and flags of tokens, as in the twin. */
enum { IS_WORD, IS_NUMBER, IS_SYMBOL };
enum { CAPITAL = 1, OPENS = 2, CLOSES = 4, GLUED = 8, LABEL = 16, SPACED = 32, CODE = 64, HYPHENED = 128, LOWER = 256 };

/* The plain form is kept in the bytes that word hashes are made of: one for ASCII, three for others (docs/core.md). */
typedef struct {
    uint64_t head; /* the first eight bytes of the plain form, filled up with zeros */
    size_t at;     /* where the plain form begins */
    uint32_t size; /* its bytes */
    uint16_t kind, flags;
} Token;

typedef struct {
    Token *items;
    uint8_t *plain;
    size_t n, room, n_plain, plain_room;
} Tokens;

/* Room for `needed` items at least, what is there kept; NULL, with the old array as it was, when memory is short. */
static void *enlarged(void *old, size_t *room, size_t needed, size_t item)
{
    if (needed <= *room && old) return old;
    size_t more = *room + *room / 2 + 64;
    if (more < needed) more = needed;
    if (more > PTRDIFF_MAX / item) return NULL;
    void *array = realloc(old, more * item);
    if (array) *room = more;
    return array;
}

static inline const uint8_t *plain_of(const Tokens *list, const Token *token) { return list->plain + token->at; }

static inline bool same_plain(const Tokens *list, const Token *token, const Tokens *others, const Token *other)
{
    return token->head == other->head && token->size == other->size &&
           (token->size <= 8 || memcmp(plain_of(list, token), plain_of(others, other), token->size) == 0);
}

/* ---- Code points ---- */

/* What the atom of a code point is, in the bits above its folded form and its class. */
#define POINT 0x1FFFFFu
#define CLASS (7u << 21)
#define DIGIT (1u << 24)
#define UPPER (1u << 25)
#define SUPERSCRIPT (1u << 26)
#define FRACTION (1u << 27)

/* What a separator may be; the names are those of the sets in the twin. */
enum {
    SPACE = 1 << 0, LINE_END = 1 << 1, NARROW_SPACE = 1 << 2, APOSTROPHE = 1 << 3, QUOTE = 1 << 4, OPENING = 1 << 5,
    CLOSING = 1 << 6, STOP = 1 << 7, WIDE_STOP = 1 << 8, QUESTION = 1 << 9, MINUS = 1 << 10, DASH = 1 << 11,
    OPERATOR = 1 << 12, ALWAYS = 1 << 13, EDGE = 1 << 14, JOINED = 1 << 15, BULLET = 1 << 16, LABELED = 1 << 17,
    CODE_AFTER = 1 << 18, CODE_BEFORE = 1 << 19, ANY_QUOTE = QUOTE | OPENING | CLOSING
};

static const struct { char members[20]; uint32_t traits; } ascii_traits[] = {
    {" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f", SPACE}, {"\n\r", LINE_END}, {"'`", APOSTROPHE}, {"\"'`", ANY_QUOTE},
    {"([{", OPENING}, {")]}", CLOSING}, {".!?", STOP}, {"?", QUESTION}, {"-", MINUS | DASH},
    {"+=<>~^&@#%\\*/!-|$", OPERATOR}, {"%$@^~&", ALWAYS}, {"=,|:;<>", EDGE}, {"+=<>&*#/!\\", JOINED},
    {"*+-#>/|", BULLET}, {").:", LABELED}, {"=_./\\@:<>&$*[{+", CODE_AFTER}, {"=_./\\@:<>&$*-+%#", CODE_BEFORE},
};

static const struct { uint32_t first, last, traits; } other_traits[] = {
    {0x85, 0x85, SPACE | LINE_END}, {0xA0, 0xA0, SPACE | NARROW_SPACE}, {0xA2, 0xA5, ALWAYS}, {0xA7, 0xA7, ALWAYS},
    {0xAB, 0xAB, ANY_QUOTE}, {0xAC, 0xAC, ALWAYS}, {0xB0, 0xB1, ALWAYS}, {0xB4, 0xB4, APOSTROPHE},
    {0xBB, 0xBB, ANY_QUOTE}, {0xD7, 0xD7, ALWAYS}, {0xF7, 0xF7, ALWAYS}, {0x2BC, 0x2BC, APOSTROPHE},
    {0x37E, 0x37E, STOP | QUESTION}, {0x61F, 0x61F, STOP | QUESTION}, {0x6D4, 0x6D4, STOP}, {0x964, 0x965, STOP},
    {0x104B, 0x104B, STOP}, {0x1362, 0x1362, STOP}, {0x1680, 0x1680, SPACE}, {0x17D4, 0x17D4, STOP},
    {0x2000, 0x2008, SPACE}, {0x2009, 0x2009, SPACE | NARROW_SPACE}, {0x200A, 0x200A, SPACE}, {0x2010, 0x2012, DASH},
    {0x2013, 0x2013, MINUS | DASH | BULLET}, {0x2014, 0x2014, DASH | BULLET}, {0x2015, 0x2015, DASH},
    {0x2018, 0x2019, APOSTROPHE | ANY_QUOTE}, {0x201A, 0x201F, ANY_QUOTE}, {0x2022, 0x2022, BULLET},
    {0x2026, 0x2026, STOP}, {0x2028, 0x2029, SPACE | LINE_END}, {0x202F, 0x202F, SPACE | NARROW_SPACE},
    {0x2030, 0x2033, ALWAYS}, {0x2039, 0x203A, ANY_QUOTE}, {0x205F, 0x205F, SPACE}, {0x20A0, 0x20CF, ALWAYS},
    {0x2190, 0x2211, ALWAYS}, {0x2212, 0x2212, MINUS | DASH}, {0x2213, 0x22FF, ALWAYS}, {0x25AA, 0x25AA, BULLET},
    {0x25CF, 0x25CF, BULLET}, {0x25E6, 0x25E6, BULLET}, {0x2610, 0x2612, ALWAYS}, {0x2713, 0x2718, ALWAYS},
    {0x2753, 0x2753, QUESTION}, {0x27F0, 0x27FF, ALWAYS}, {0x2900, 0x297F, ALWAYS}, {0x2A00, 0x2AFF, ALWAYS},
    {0x3000, 0x3000, SPACE}, {0x3002, 0x3002, STOP | WIDE_STOP}, {0x300A, 0x300A, OPENING}, {0x300B, 0x300B, CLOSING},
    {0x300C, 0x300F, ANY_QUOTE}, {0x3010, 0x3010, OPENING}, {0x3011, 0x3011, CLOSING}, {0xFE58, 0xFE58, DASH},
    {0xFE63, 0xFE63, DASH}, {0xFF01, 0xFF01, STOP | WIDE_STOP}, {0xFF02, 0xFF02, ANY_QUOTE},
    {0xFF07, 0xFF07, ANY_QUOTE}, {0xFF08, 0xFF08, OPENING}, {0xFF09, 0xFF09, CLOSING | LABELED}, {0xFF0D, 0xFF0D, DASH},
    {0xFF1A, 0xFF1A, LABELED}, {0xFF1F, 0xFF1F, STOP | WIDE_STOP | QUESTION}, {0xFF3B, 0xFF3B, OPENING},
    {0xFF3D, 0xFF3D, CLOSING}, {0xFF61, 0xFF61, STOP | WIDE_STOP},
};

static uint32_t traits_beyond_ascii(uint32_t code)
{
    size_t low = 0, high = sizeof other_traits / sizeof *other_traits;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (other_traits[middle].last < code) low = middle + 1;
        else high = middle;
    }
    bool is_inside = low < sizeof other_traits / sizeof *other_traits && other_traits[low].first <= code;
    return is_inside ? other_traits[low].traits : 0;
}

/* The value of a decimal digit in any script, -1 for any other code point. */
static int digit_value(uint32_t point)
{
    static const uint16_t zeros[] = {
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66,
        0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810,
    };
    if (point < 0x80) return point >= '0' && point <= '9' ? (int)(point - '0') : -1;
    if (point < 0x660 || point > 0x1819) return -1;
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros && zeros[i] <= point; i++)
        if (point <= zeros[i] + 9u) return (int)(point - zeros[i]);
    return -1;
}

/* Whether a code point is a capital letter, in the scripts whose capitals mark names. */
static bool is_upper(uint32_t code)
{
    if (code < 0x100) return (code >= 0x41 && code <= 0x5A) || (code >= 0xC0 && code <= 0xDE && code != 0xD7);
    if (code < 0x180) {
        if (code < 0x138 || (code >= 0x14A && code < 0x178)) return !(code & 1);
        return code < 0x149 ? code & 1 : code == 0x178 || code == 0x179 || code == 0x17B || code == 0x17D;
    }
    if (code < 0x400) return code == 0x386 || (code >= 0x388 && code <= 0x38F) || (code >= 0x391 && code <= 0x3AB);
    if (code < 0x530)
        return code <= 0x42F || (code >= 0x460 && !(code & 1) && !(code >= 0x482 && code < 0x48A) &&
                                 !(code >= 0x4C0 && code < 0x4D0));
    return (code >= 0x531 && code <= 0x556) ||
           (code >= 0x1E00 && code <= 0x1EFF && !(code & 1) && !(code >= 0x1E96 && code < 0x1EA0));
}

static bool is_superscript(uint32_t code)
{
    return code == 0xB2 || code == 0xB3 || code == 0xB9 || (code >= 0x2070 && code <= 0x207F);
}

static bool is_fraction(uint32_t code)
{
    return (code >= 0xBC && code <= 0xBE) || (code >= 0x2150 && code <= 0x215E) || code == 0x2189;
}

/* Letters that are written in several ways: Persian and Arabic kaf and yeh; ı, whose capital is that of i. */
static inline uint32_t plain_letter(uint32_t point)
{
    if (point < 0x649 || point > 0x6CC) return point == 0x131 ? 0x69 : point;
    return point == 0x649 || point == 0x6CC ? 0x64A : point == 0x6A9 ? 0x643 : point == 0x671 ? 0x627 : point;
}

/* Marks that writers leave out: vowel points, nuktas, Greek accents, the dots of ё, Cyrillic stress, the dot of i. */
static bool is_optional(uint32_t base, uint32_t mark)
{
    if (mark >= 0x591)
        return mark <= 0x5C7 || (mark >= 0x610 && mark <= 0x61A) || (mark >= 0x64B && mark <= 0x65F) ||
               mark == 0x670 || (mark >= 0x6D6 && mark <= 0x6ED) || mark == 0x93C || mark == 0x9BC || mark == 0xA3C;
    if (base >= 0x370 && base <= 0x3FF) return true;
    if (base >= 0x400 && base < 0x530)
        return mark == 0x300 || mark == 0x301 || (mark == 0x308 && (base == 0x435 || base == 0x415));
    return base == 0x69 && mark == 0x307;
}

/* ---- Atoms ---- */

typedef struct {
    uint32_t raw, folded; /* `folded` has the folded code point, its class, and what else it is */
    uint32_t source;      /* number of the code point in the text; one more after each that gives no atom */
} Atom;

typedef struct {
    size_t at, below; /* `below` is the number of the node under it, plus one */
} Opened;

typedef struct {
    const Table *table;
    uint32_t ascii[128], traits[128]; /* atoms and traits of ASCII */
    Atom *atoms;
    uint8_t *stress;                  /* 1 at asterisks and underscores that only stress what is between them */
    Opened *opened;
    size_t atoms_room, stress_room, opened_room;

    const uint8_t *bytes;             /* the text when its bytes are the atoms, or NULL */
    size_t n, at;
    bool has_stress, out_of_memory;
    bool opens;                       /* the next token begins a sentence */
    bool is_line_start;               /* nothing but space and bullets since the line began */
    uint32_t last_source;             /* of the last token */
    size_t run_end;                   /* the last run of one code point that was measured ends here */
    size_t stops_end, wide_at;        /* the same for stops and what closes; its last wide stop, plus one */
    size_t word_from, word_at;        /* no word begins from the one place to the other */
    Tokens *out;
} Cutter;

static void set_up_cutter(Cutter *c, const Table *table)
{
    memset(c, 0, sizeof *c);
    c->table = table;
    for (uint32_t code = 0; code < 128; code++) {
        uint32_t entry = look_up(table, code);
        c->ascii[code] = (entry ? entry & (POINT | CLASS) : code) | (is_upper(code) ? UPPER : 0) |
                         (digit_value(code) >= 0 ? DIGIT : 0);
    }
    for (size_t i = 0; i < sizeof ascii_traits / sizeof *ascii_traits; i++)
        for (const char *member = ascii_traits[i].members; *member; member++)
            c->traits[(uint8_t)*member] |= ascii_traits[i].traits;
}

static void free_cutter(Cutter *c)
{
    free(c->atoms);
    free(c->stress);
    free(c->opened);
}

static inline uint32_t traits_of(const Cutter *c, uint32_t code)
{
    return code < 0x80 ? c->traits[code] : traits_beyond_ascii(code);
}

/* The code point at a place; a line end outside of the text. */
static inline uint32_t raw_at(const Cutter *c, size_t at)
{
    if (at >= c->n) return '\n';
    return c->bytes ? c->bytes[at] : c->atoms[at].raw;
}

static inline uint32_t folded_at(const Cutter *c, size_t at)
{
    if (at >= c->n) return 0;
    return c->bytes ? c->ascii[c->bytes[at]] : c->atoms[at].folded;
}

static inline uint32_t source_at(const Cutter *c, size_t at) { return c->bytes ? (uint32_t)at : c->atoms[at].source; }

static inline uint32_t traits_at(const Cutter *c, size_t at) { return traits_of(c, raw_at(c, at)); }

static inline unsigned class_of(uint32_t folded) { return folded >> 21 & 7; }

static inline bool is_wordy(uint32_t folded) { return class_of(folded) == LETTER || class_of(folded) == ALONE; }

static inline bool is_word_at(const Cutter *c, size_t at) { return is_wordy(folded_at(c, at)); }

static inline bool is_stress(const Cutter *c, size_t at) { return c->has_stress && at < c->n && c->stress[at]; }

/* The code points that entities of HTML stand for in a plain text. */
static const struct { char name[7]; uint16_t code; } entities[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"ndash", '-'},
    {"mdash", ' '}, {"hellip", ' '}, {"lsquo", '\''}, {"rsquo", '\''}, {"sbquo", '\''}, {"ldquo", '"'},
    {"rdquo", '"'}, {"bdquo", '"'}, {"laquo", '"'}, {"raquo", '"'}, {"shy", 0xAD}, {"ensp", ' '}, {"emsp", ' '},
    {"thinsp", ' '}, {"zwnj", 0x200C}, {"zwj", 0x200D}, {"copy", 0xA9}, {"iquest", 0xBF},
    {"iexcl", 0xA1}, {"lsaquo", 0x2039}, {"rsaquo", 0x203A}, {"reg", 0xAE}, {"trade", 0x2122},
    {"deg", 0xB0}, {"euro", 0x20AC}, {"pound", 0xA3}, {"yen", 0xA5}, {"cent", 0xA2}, {"sect", 0xA7},
    {"times", 0xD7}, {"divide", 0xF7}, {"plusmn", 0xB1}, {"minus", 0x2212}, {"middot", 0xB7}, {"bull", 0x2022},
    {"szlig", 0xDF}, {"auml", 0xE4}, {"ouml", 0xF6}, {"uuml", 0xFC}, {"Auml", 0xC4}, {"Ouml", 0xD6}, {"Uuml", 0xDC},
    {"eacute", 0xE9}, {"egrave", 0xE8}, {"ecirc", 0xEA}, {"euml", 0xEB}, {"agrave", 0xE0}, {"aacute", 0xE1},
    {"acirc", 0xE2}, {"atilde", 0xE3}, {"aring", 0xE5}, {"aelig", 0xE6}, {"ccedil", 0xE7}, {"iacute", 0xED},
    {"igrave", 0xEC}, {"icirc", 0xEE}, {"iuml", 0xEF}, {"ntilde", 0xF1}, {"oacute", 0xF3}, {"ograve", 0xF2},
    {"ocirc", 0xF4}, {"otilde", 0xF5}, {"oslash", 0xF8}, {"uacute", 0xFA}, {"ugrave", 0xF9}, {"ucirc", 0xFB},
    {"Eacute", 0xC9}, {"Egrave", 0xC8}, {"Agrave", 0xC0}, {"Aacute", 0xC1}, {"Aring", 0xC5}, {"AElig", 0xC6},
    {"Ccedil", 0xC7}, {"Iacute", 0xCD}, {"Ntilde", 0xD1}, {"Oacute", 0xD3}, {"Oslash", 0xD8}, {"Uacute", 0xDA},
};

static uint32_t named_entity(const uint8_t *name, size_t size)
{
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (memcmp(entities[i].name, name, size) == 0 && !entities[i].name[size]) return entities[i].code;
    return 0;
}

static inline int value_of(uint8_t digit, uint32_t base)
{
    uint8_t letter = digit | 0x20;
    int value = digit >= '0' && digit <= '9' ? digit - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
    return value < (int)base ? value : -1;
}

/* The code point of the entity that begins at p, and where it ends; 0, and `stop` as it was, where none does. */
static uint32_t entity_at(const uint8_t *p, const uint8_t *end, const uint8_t **stop)
{
    uint32_t code = 0, base = 0;
    const uint8_t *from = ++p;
    if (p < end && *p == '#') {
        base = end - p > 1 && (p[1] | 0x20) == 'x' ? 16 : 10;
        from = p += base == 16 ? 2 : 1;
        for (; p < end && p - from < (base == 16 ? 6 : 7) && value_of(*p, base) >= 0; p++)
            code = code * base + (uint32_t)value_of(*p, base);
    } else {
        while (p < end && p - from < 6 && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') p++;
    }
    if (p >= end || *p != ';' || p - from < (base ? 1 : 2)) return 0;
    if (!base) code = named_entity(from, (size_t)(p - from));
    if (code >= 0x110000 || (code >= 0xD800 && code < 0xE000)) code = 0;
    if (code) *stop = p + 1;
    return code;
}

/* Where a word goes on that a hyphen before p and a line end cut, if what stands there is no more line end. */
static const uint8_t *after_cut(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    if (p >= end || (*p != '\n' && *p != '\r')) return NULL;
    p += end - p > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '>')) p++;
    return p < end ? p : NULL;
}

static inline bool is_ascii_letter(uint8_t byte) { return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'; }

/* Whether the bytes of a text can be its atoms; notes whether an asterisk or an underscore is there. */
static bool is_plain_ascii(Cutter *c, const uint8_t *start, const uint8_t *end)
{
    uint8_t high = 0, ampersand = 0, line = 0, stress = 0;
    for (const uint8_t *p = start; p < end; p++) {
        high |= *p;
        ampersand |= *p == '&';
        line |= (*p == '\n') | (*p == '\r');
        stress |= (*p == '*') | (*p == '_');
    }
    c->has_stress = stress;
    if (high & 0x80) return false;
    const uint8_t *at = start, *stop;
    while (ampersand && at < end && (at = memchr(at, '&', (size_t)(end - at))))
        if (entity_at(at++, end, &stop)) return false;
    at = start;
    while (line && at < end && (at = memchr(at, '-', (size_t)(end - at)))) {
        const uint8_t *rest = at > start && is_ascii_letter(at[-1]) ? after_cut(at + 1, end) : NULL;
        if (rest && is_ascii_letter(*rest)) return false;
        at++;
    }
    return true;
}

/* Add the atoms of one code point; whether the first is a letter of a script with spaces between words. */
static bool add_atoms(Cutter *c, uint32_t raw, uint32_t source)
{
    Atom *out = c->atoms + c->n;
    if (raw < 0x80) {
        *out = (Atom){raw, c->ascii[raw], source};
        c->n++;
        return (c->ascii[raw] & (CLASS | DIGIT)) == LETTER << 21;
    }
    const uint32_t own = (is_upper(raw) ? UPPER : 0) | (is_superscript(raw) ? SUPERSCRIPT : 0) |
                         (is_fraction(raw) ? FRACTION : 0);
    const Table *table = c->table;
    const uint32_t entry = look_up(table, raw);
    const uint32_t *points = &raw;
    size_t count = 1;
    if (class_of(entry) == EXPANDS) {
        size_t where = entry & POINT;
        count = where < table->n_expansions ? table->expansions[where] : 0;
        if (count > MAX_EXPANSION || count >= table->n_expansions - where) count = 0; /* not a table of ours */
        points = table->expansions + where + 1;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t folded = points == &raw ? entry : look_up(table, points[i]);
        if (class_of(folded) == IGNORED) continue;
        folded = ((folded & POINT ? folded : folded | points[i]) & (POINT | CLASS)) | own;
        if (digit_value(folded & POINT) >= 0) folded |= DIGIT;
        *out++ = (Atom){raw, folded, source};
    }
    size_t added = (size_t)(out - c->atoms) - c->n;
    c->n += added;
    return added && (out[-(ptrdiff_t)added].folded & (CLASS | DIGIT)) == LETTER << 21;
}

static bool is_letter_of_words(Cutter *c, const uint8_t *p, const uint8_t *end)
{
    const size_t n = c->n;
    bool is_letter = add_atoms(c, decode(&p, end), 0);
    c->n = n;
    return is_letter;
}

/* Folded code points, entities read, words joined that a line end cuts, and ignored code points dropped. */
static bool lay_out_atoms(Cutter *c, const uint8_t *p, const uint8_t *end)
{
    bool is_letter = false;
    for (uint32_t source = 0; p < end; source++) {
        Atom *atoms = enlarged(c->atoms, &c->atoms_room, c->n + MAX_EXPANSION + 1, sizeof *atoms);
        if (!atoms) return false;
        c->atoms = atoms;
        const uint8_t *next = p, *rest;
        uint32_t raw = decode(&next, end), meant;
        if (is_letter && (raw == '-' || raw == 0x2010 || raw == 0xAD) && (rest = after_cut(next, end)) &&
            is_letter_of_words(c, rest, end)) {
            p = rest;
            is_letter = false;
        } else if (raw == '&' && (meant = entity_at(p, end, &next))) {
            add_atoms(c, meant, source);
            c->has_stress |= meant == '*' || meant == '_';
            p = next;
            is_letter = false;
        } else {
            is_letter = add_atoms(c, raw, source);
            p = next;
        }
    }
    return true;
}

/* Mark asterisks and underscores that only stress what stands between them: `opened` has a stack for each length. */
static bool find_stress(Cutter *c)
{
    size_t tops[6] = {0}, n_opened = 0;
    uint8_t *stress = enlarged(c->stress, &c->stress_room, c->n, 1);
    if (!stress) return false;
    c->stress = stress;
    memset(stress, 0, c->n);
    for (size_t at = 0, length; at < c->n; at += length) {
        const uint32_t code = raw_at(c, at);
        length = 1;
        if (code != '*' && code != '_') continue;
        while (at + length < c->n && raw_at(c, at + length) == code) length++;
        const bool is_after_word = at > 0 && class_of(folded_at(c, at - 1)) == LETTER;
        const bool is_inside = is_after_word && class_of(folded_at(c, at + length)) == LETTER;
        if (length > (code == '*' ? 3u : 2u) || is_inside) continue;
        size_t *top = &tops[code == '*' ? length - 1 : length + 2];
        if (*top && !(traits_at(c, at - 1) & SPACE)) {
            memset(stress + c->opened[*top - 1].at, 1, length);
            memset(stress + at, 1, length);
            *top = c->opened[*top - 1].below;
        } else if (!is_after_word && !(traits_at(c, at + length) & SPACE)) {
            Opened *opened = enlarged(c->opened, &c->opened_room, n_opened + 1, sizeof *opened);
            if (!opened) return false;
            c->opened = opened;
            opened[n_opened++] = (Opened){at, *top};
            *top = n_opened;
        }
    }
    return true;
}

#endif
