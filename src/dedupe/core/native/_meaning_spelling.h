/* Whether two words are one, written or read in another way; core/meaning/spelling.py is the plain twin. */
#ifndef DEDUPE_MEANING_SPELLING_H
#define DEDUPE_MEANING_SPELLING_H

#include "_meaning_judge.h"

#define NAME 6           /* letters from which a name that is a known word too may be misspelled */
#define SHORTEST 4       /* letters of the longer of two spellings of one word */
#define FEWEST_UNKNOWN 5 /* the same where no list of words knows either */
#define TWO_EDITS 8      /* letters from which two edits may be one misspelling */
#define END_OF_WORD UINT32_MAX

static inline uint32_t next_point(const uint8_t **plain)
{
    const uint8_t *p = *plain;
    *plain += *p < 0x80 ? 1 : 3;
    return *p < 0x80 ? *p : (uint32_t)(p[0] & 127) << 14 | (uint32_t)(p[1] & 127) << 7 | (p[2] & 127);
}

static bool is_ascii(const Tokens *list, const Token *token)
{
    const uint8_t *p = plain_of(list, token);
    uint8_t high = 0;
    for (size_t i = 0; i < token->size; i++) high |= p[i];
    return high < 0x80;
}

/* Whether a plain form has more than one code point. */
static inline bool is_longer_than_one(const Token *token)
{
    return !(token->size == 1 || (token->size == 3 && token->head & 0x80));
}

/* Add the code points of a plain form to a word. */
static bool add_points(Word *word, const Tokens *list, const Token *token)
{
    const uint8_t *p = plain_of(list, token), *end = p + token->size;
    uint32_t *points = enlarged(word->points, &word->room, word->n + token->size, sizeof *points);
    if (!points) return false;
    word->points = points;
    while (p < end) points[word->n++] = next_point(&p);
    return true;
}

/* Whether a word is of one alphabet, with its marks: no digit, no underscore, no syllable or sign of its own. */
static bool is_letters(const Word *word)
{
    for (size_t i = 0; i < word->n; i++) {
        uint32_t c = word->points[i];
        if (!((c >= 0x61 && c <= 0x7A) || (c >= 0xDF && c < 0x530) || (c >= 0x561 && c <= 0x587) ||
              (c >= 0x5D0 && c <= 0x5EA) || (c >= 0x620 && c <= 0x64A) || (c >= 0x671 && c <= 0x6D3) ||
              (c >= 0x1E00 && c <= 0x1FFF) || (c >= 0x900 && c <= 0x963) || (c >= 0x971 && c <= 0xDFF)))
            return false;
    }
    return true;
}

/* The next letter of the one name that the twin's `scanned` gives to all that a scanner may read for a word. */
static uint32_t next_scanned(const Word *word, size_t *at)
{
    static const uint8_t meant[128] = {
        ['1'] = 'l', ['|'] = 'l', ['i'] = 'l', ['0'] = 'o', ['c'] = 'e', ['5'] = 's', ['8'] = 'b', ['h'] = 'b',
        ['6'] = 'b', ['9'] = 'g', ['q'] = 'g', ['u'] = 'n',
    };
    if (*at >= word->n) return END_OF_WORD;
    const uint32_t letter = word->points[*at], next = *at + 1 < word->n ? word->points[*at + 1] : 0;
    const uint32_t pair = letter == 'r' && next == 'n'   ? 'm'
                          : letter == 'c' && next == 'l' ? 'd'
                          : letter == 'v' && next == 'v' ? 'w' : 0;
    *at += pair ? 2 : 1;
    return pair ? pair : letter < 128 && meant[letter] ? meant[letter] : letter;
}

static bool same_scanned(const Word *one, const Word *other)
{
    size_t i = 0, j = 0;
    uint32_t letter;
    do {
        letter = next_scanned(one, &i);
        if (letter != next_scanned(other, &j)) return false;
    } while (letter != END_OF_WORD);
    return true;
}

static bool is_latin(const Word *word)
{
    bool is_plain = true, has_letter = false;
    for (size_t i = 0; i < word->n; i++) {
        is_plain &= word->points[i] < 0x80;
        has_letter |= word->points[i] >= 0x61 && word->points[i] <= 0x24F;
    }
    return !is_plain && has_letter;
}

/* The next letter without its accent, in a word of the Latin script; notes whether that changes the word. */
static uint32_t next_bare(const Word *word, bool latin, size_t *at, bool *is_changed)
{
    while (latin && *at < word->n && word->points[*at] >= 0x300 && word->points[*at] <= 0x36F) {
        ++*at;
        *is_changed = true;
    }
    if (*at >= word->n) return END_OF_WORD;
    uint32_t letter = word->points[(*at)++], bare = letter;
    if (latin) bare = letter == 0x131 ? 'i' : letter == 0xF8 ? 'o' : letter == 0x142 ? 'l' : letter == 0x111 ? 'd' : bare;
    *is_changed |= bare != letter;
    return bare;
}

/* Which of two words that differ is the other without its accents: 1 the first, 2 the second, 0 neither. */
static int lost_marks(const Word *one, const Word *other)
{
    const bool latin = is_latin(one), other_latin = is_latin(other);
    bool is_changed = false, is_other_changed = false;
    size_t i = 0, j = 0;
    uint32_t letter;
    do {
        letter = next_bare(one, latin, &i, &is_changed);
        if (letter != next_bare(other, other_latin, &j, &is_other_changed)) return 0;
    } while (letter != END_OF_WORD);
    return !is_changed ? 1 : !is_other_changed ? 2 : 0;
}

/* Whether at most two insertions, deletions, substitutions and exchanges of neighbors part two short strings. */
static bool is_within_two(const uint32_t *one, size_t n_one, const uint32_t *other, size_t n_other)
{
    size_t older[7] = {0}, before[7] = {0}, row[7];
    if (n_one > 6 || n_other > 6) return false;
    for (size_t k = 0; k <= n_other; k++) row[k] = k;
    for (size_t i = 1; i <= n_one; i++) {
        memcpy(older, before, sizeof before);
        memcpy(before, row, sizeof row);
        row[0] = i;
        for (size_t k = 1; k <= n_other; k++) {
            size_t best = smaller(smaller(before[k], row[k - 1]) + 1, before[k - 1] + (one[i - 1] != other[k - 1]));
            if (i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1])
                best = smaller(best, older[k - 2] + 1);
            row[k] = best;
        }
    }
    return row[n_other] <= 2;
}

static bool is_text(const Word *word, size_t from, const char *text, size_t size)
{
    if (from > word->n || word->n - from != size) return false;
    for (size_t i = 0; i < size; i++)
        if (word->points[from + i] != (uint8_t)text[i]) return false;
    return true;
}

static void put_text(Word *word, const char *text)
{
    while (*text) word->points[word->n++] = (uint8_t)*text++;
}

/* Endings of British and American spelling in the order in which they are tried; and words of their own. */
static const struct { const char *british, *american, *ends[9]; } endings[] = {
    {"is", "iz", {"ations", "ation", "ers", "er", "ing", "ed", "es", "e"}},
    {"ys", "yz", {"ers", "er", "ing", "ed", "es", "e"}},
    {"ell", "el", {"ers", "er", "ing", "ed"}},
    {"all", "al", {"ing", "ed"}},
    {"ogue", "og", {"s", ""}},
    {"fence", "fense", {"s", ""}},
    {"cence", "cense", {"s", ""}},
    {"tre", "ter", {"s", ""}},
};
static const char *const american_words[][2] = {
    {"grey", "gray"}, {"greys", "grays"}, {"programme", "program"}, {"programmes", "programs"}, {"tyre", "tire"},
    {"tyres", "tires"},
};

/* Write the American spelling of a word: the word itself where it has none of its own. */
static bool put_american(const Word *word, Word *out)
{
    uint32_t *points = enlarged(out->points, &out->room, word->n + 1, sizeof *points);
    if (!points) return false;
    out->points = points;
    out->n = 0;
    for (size_t i = 0; i < sizeof american_words / sizeof *american_words; i++)
        if (is_text(word, 0, american_words[i][0], strlen(american_words[i][0]))) {
            put_text(out, american_words[i][1]);
            return true;
        }
    memcpy(points, word->points, word->n * sizeof *points);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        for (const char *const *end = endings[i].ends; *end; end++) {
            const size_t n_stem = strlen(endings[i].british), n_end = strlen(*end);
            if (word->n <= n_stem + n_end + 1 || !is_text(word, word->n - n_end, *end, n_end)) continue;
            const Word stem = {word->points, word->n - n_end, 0};
            if (!is_text(&stem, stem.n - n_stem, endings[i].british, n_stem)) continue;
            out->n = stem.n - n_stem;
            put_text(out, endings[i].american);
            put_text(out, *end);
            return true;
        }
    size_t at = 2;
    while (at + 3 <= word->n && !(points[at] == 'o' && points[at + 1] == 'u' && points[at + 2] == 'r')) at++;
    out->n = word->n;
    if (word->n <= 4 || at + 3 > word->n) return true;
    memmove(points + at + 1, points + at + 2, (word->n - at - 2) * sizeof *points); /* the u goes */
    out->n--;
    return true;
}

/* Whether two words, laid out in `one` and `other`, are the British and the American spelling of one. */
static bool is_other_spelling(Judge *j)
{
    if (j->one.n < SHORTEST || j->other.n < SHORTEST) return false;
    if (!put_american(&j->one, &j->forms[0]) || !put_american(&j->other, &j->forms[1])) {
        j->out_of_memory = true;
        return false;
    }
    return j->forms[0].n == j->forms[1].n &&
           memcmp(j->forms[0].points, j->forms[1].points, j->forms[0].n * sizeof(uint32_t)) == 0;
}

typedef struct {
    int n_edits;       /* 0 for more than two */
    bool begins_alike; /* they leave the first letter alone */
    bool is_inner;     /* and the last */
    bool is_swap;      /* an exchange of neighbors or a doubled letter */
} Edit;

/* How two words differ, when by one edit, two neighbors exchanged, one misread letter or two edits. */
static Edit edit_between(const Word *one, const Word *other)
{
    const uint32_t *a = one->points, *b = other->points;
    const size_t fewer = smaller(one->n, other->n);
    size_t begin = 0, tail = 0;
    while (begin < fewer && a[begin] == b[begin]) begin++;
    while (tail < fewer - begin && a[one->n - 1 - tail] == b[other->n - 1 - tail]) tail++;
    const size_t n_a = one->n - tail - begin, n_b = other->n - tail - begin;
    const bool begins_alike = begin > 0, is_inner = begin > 0 && tail > 0;
    a += begin;
    b += begin;
    if (n_a == 2 && n_b == 2 && a[0] == b[1] && a[1] == b[0]) return (Edit){1, begins_alike, tail > 0, true};
    if (n_a + n_b == 1) {
        const uint32_t *extra = n_a ? a : b;
        return (Edit){1, begins_alike, is_inner, begin > 0 && extra[-1] == extra[0]};
    }
    if (n_a == 1 && n_b == 1) return (Edit){1, begins_alike, is_inner, false};
    const bool is_near = same_scanned(one, other) || is_within_two(a, n_a, b, n_b);
    return (Edit){is_near ? 2 : 0, begins_alike, is_inner, false};
}

static bool begins_with(const Word *word, const Word *part)
{
    return part->n <= word->n && memcmp(word->points, part->points, part->n * sizeof *part->points) == 0;
}

static bool ends_with(const Word *word, const Word *part)
{
    return part->n <= word->n &&
           memcmp(word->points + (word->n - part->n), part->points, part->n * sizeof *part->points) == 0;
}

/* Whether its script writes the vowels; in others one letter more or less is another word. */
static bool has_vowels(const Word *word)
{
    for (size_t i = 0; i < word->n; i++)
        if (word->points[i] >= 0x590) return false;
    return true;
}

/* Whether two words have the same letters, but for digits that look like the letter in their place. */
static bool looks_like(const Word *read, const Word *meant)
{
    static const uint32_t look_alikes[10][4] = {
        {'o', 0x43E, 0x3BF}, {'l', 'i', 0x131, 0x456}, {0}, {0x437}, {0x447}, {0}, {0x431},
    };
    if (read->n != meant->n) return false;
    for (size_t i = 0; i < read->n; i++) {
        const uint32_t letter = meant->points[i], digit = read->points[i] - '0';
        bool is_like = read->points[i] == letter;
        for (size_t k = 0; digit < 10 && k < 4; k++) is_like |= look_alikes[digit][k] == letter;
        if (!is_like) return false;
    }
    return true;
}

/* Whether what is laid out in `one`, with digits in it, is a scan of the letters in `other`: he1lo is, of hello. */
static bool is_misread(const Judge *j)
{
    size_t n_digits = 0;
    for (size_t i = 0; i < j->one.n; i++) n_digits += j->one.points[i] >= '0' && j->one.points[i] <= '9';
    return j->other.n >= SHORTEST && n_digits > 0 && n_digits <= 2 && j->one.n - n_digits >= 3 &&
           is_letters(&j->other) && (same_scanned(&j->one, &j->other) || looks_like(&j->one, &j->other));
}

/* The hash that the stage "Words" gives to a plain form as a text, 0 when that is not a single word. */
static uint64_t word_hash(Judge *j, const Tokens *list, const Token *token)
{
    const uint8_t *from = plain_of(list, token), *end = from + token->size;
    if (is_ascii(list, token) && !memchr(from, '_', token->size)) return hash_plain(from, token->size, 0);
    uint64_t hashes[2 + SLACK];
    uint8_t *utf8 = enlarged(j->utf8, &j->utf8_room, 2 * (size_t)token->size, 1), *p = utf8;
    if (!utf8) {
        j->out_of_memory = true;
        return 0;
    }
    j->utf8 = utf8;
    while (from < end) {
        const uint32_t c = next_point(&from);
        if (c >= 0x10000) *p++ = (uint8_t)(0xF0 | c >> 18), *p++ = (uint8_t)(0x80 | (c >> 12 & 63));
        else if (c >= 0x800) *p++ = (uint8_t)(0xE0 | c >> 12);
        if (c >= 0x800) *p++ = (uint8_t)(0x80 | (c >> 6 & 63));
        else if (c >= 0x80) *p++ = (uint8_t)(0xC0 | c >> 6);
        *p++ = (uint8_t)(c < 0x80 ? c : (0x80 | (c & 63)));
    }
    Tokenizer t = {.table = &j->texts->table, .buffer = utf8, .limit = p};
    open_block(&t, utf8, p);
    const size_t n_words = next_words(&t, hashes, 2);
    j->out_of_memory |= t.out_of_memory;
    free(t.marks);
    return n_words == 1 && t.at == t.end ? hashes[0] : 0;
}

static bool is_known(Judge *j, const Tokens *list, const Token *token)
{
    const uint32_t *known = j->texts->known, half = (uint32_t)(word_hash(j, list, token) >> 32);
    size_t low = 0, high = j->texts->n_known;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (known[middle] < half) low = middle + 1;
        else high = middle;
    }
    return low < j->texts->n_known && known[low] == half;
}

#endif
