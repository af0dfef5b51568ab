/* What the difference of two texts means: the rules of align.py, spelling.py and rules.py in core/meaning, which are
 * the plain twins of this file. Plain forms are compared as text throughout; a hash only finds candidates. */
#ifndef DEDUPE_MEANING_RULES_H
#define DEDUPE_MEANING_RULES_H

#include "_meaning_tokens.h"

enum { SAME, CONTAINED, CONTAINS, VARIANT, NOT_JUDGED = -1 }; /* verdicts; the last for want of memory */

#define MOST_EDITS 2000
#define MOST_TOKENS 12 /* of a run on either side that can still be form */
#define FEWEST_WORDS 2 /* and tokens, of what may be sentences more; less is a number, a label, a "Not so." */
#define FEWEST_TOKENS 3
#define COVERED 0.9    /* share of known words from which an unknown one is a slip */
#define SEVERAL 2      /* words without their accents that make a text one that is written without any */
#define N_LANGUAGES 7
#define ENGLISH 0
#define LANGUAGE_SLOTS 512

/* Words that may be left out, and words that tell the language; those of the twin that a plain form can be. */
static const char *const languages[N_LANGUAGES][2] = {
    {"a an the", "the of and to is in that it for was on with as are this be not you by from at or"},
    {"der die das den dem des ein eine einen einem einer eines",
     "der die und das ist nicht ein eine zu den von mit sich auf dem des im auch es wird bei oder"},
    {"le la les l un une des du", "le la les et des de est une un du en que pour dans pas qui sur au avec ce il ou par"},
    {"el la los las un una unos unas", "el la los las de que y en un una es se no por con para su al del lo como o"},
    {"il lo la gli le l un uno una", "il la di che e un una non per con del della si da in le dei al sono come o"},
    {"o os as um uma uns umas", "o os que e de do da em um uma para com se por na no dos mais ao como ou"},
    {"de het een", "de het een en van is dat niet op te zijn met voor aan er die in om ook bij of"},
};
static const char after_a[] = "few little lot bit"; /* "a few" is not "few" */

typedef struct {
    uint64_t head;
    uint8_t roles[2]; /* a bit for each language: its articles, its common words */
} LanguageWord;

typedef struct {
    Tokens list;
    int64_t block;              /* whose tokens these are, -1 for none */
    size_t counts[N_LANGUAGES]; /* how many are common words of each language */
    bool is_counted;
    int coverage;               /* 1 when nearly all words are known, 0 when not, -1 before it is asked for */
} Side;

typedef struct {
    size_t left, left_end, right, right_end;
} Run;

typedef struct {
    uint32_t *points;
    size_t n, room;
} Word;

typedef struct {
    const uint8_t *buffer;
    const int64_t *starts, *ends;
    const uint32_t *known; /* sorted upper halves of the hashes of the words that are known */
    size_t n_known;
    Table table;
} Texts;

typedef struct {
    const Texts *texts;
    Cutter cutter;
    Side left, right;
    LanguageWord words[LANGUAGE_SLOTS];
    int language; /* of this pair, -1 before it is asked for, N_LANGUAGES where none is told */
    uint32_t *numbers, *slots, *trail;
    Run *runs;
    size_t n_runs, numbers_room, slots_room, trail_room, runs_room;
    Word one, other, forms[2];
    uint8_t *utf8;
    size_t utf8_room;
    bool is_plainly_written; /* one side writes several words without their accents, and the other none */
    bool out_of_memory;
} Judge;

/* ---- Setting up ---- */

static LanguageWord *slot_of(Judge *j, uint64_t head)
{
    size_t slot = fmix64(head) % LANGUAGE_SLOTS;
    while (j->words[slot].head && j->words[slot].head != head) slot = (slot + 1) % LANGUAGE_SLOTS;
    return &j->words[slot];
}

/* The first word of a list as the head of a token, and the rest of the list; NULL after the last. */
static const char *next_word(const char *list, uint64_t *head)
{
    size_t size = 0;
    while (list[size] && list[size] != ' ') size++;
    *head = load((const uint8_t *)list, size);
    return size == 0 ? NULL : list + size + (list[size] == ' ');
}

static void set_up_judge(Judge *j, const Texts *texts)
{
    uint64_t head;
    memset(j, 0, sizeof *j);
    j->texts = texts;
    j->left.block = j->right.block = -1;
    set_up_cutter(&j->cutter, &texts->table);
    for (int language = 0; language < N_LANGUAGES; language++)
        for (int role = 0; role < 2; role++)
            for (const char *list = languages[language][role]; (list = next_word(list, &head));) {
                LanguageWord *word = slot_of(j, head);
                word->head = head;
                word->roles[role] |= (uint8_t)(1 << language);
            }
}

static void free_judge(Judge *j)
{
    void *arrays[] = {j->left.list.items, j->left.list.plain, j->right.list.items, j->right.list.plain, j->numbers,
                      j->slots, j->trail, j->runs, j->one.points, j->other.points, j->utf8,
                      j->forms[0].points, j->forms[1].points};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(arrays[i]);
    free_cutter(&j->cutter);
}

/* ---- Alignment ---- */

/* The word hash of docs/core.md over a plain form, each chunk moved by `seed`. */
static uint64_t hash_plain(const uint8_t *p, size_t size, uint64_t seed)
{
    uint64_t sum = 0, position = POSITION + seed;
    size_t left = size;
    for (; left > 8; left -= 8, p += 8, position += POSITION) sum += fmix64(load(p, 8) + position);
    if (left) sum += fmix64(load(p, left) + position);
    return fmix64(size * GOLDEN + sum);
}

/* Number the tokens of the middle, equal ones alike. The table's hash depends on an address, which no text can know,
 * so no choice of words makes all of them meet in one slot. */
static bool number_tokens(Judge *j, size_t begin, size_t n_left, size_t n_right)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    const uint64_t seed = fmix64((uint64_t)(uintptr_t)j);
    const size_t n = n_left + n_right;
    size_t mask = 16;
    while (mask < 2 * n) mask *= 2;
    uint32_t *numbers = enlarged(j->numbers, &j->numbers_room, n, sizeof *numbers);
    if (!numbers) return false;
    j->numbers = numbers;
    uint32_t *slots = enlarged(j->slots, &j->slots_room, mask, sizeof *slots);
    if (!slots) return false;
    j->slots = slots;
    memset(slots, 0, mask-- * sizeof *slots);
    for (size_t i = 0; i < n; i++) {
        const Tokens *list = i < n_left ? left : right;
        const Token *token = list->items + begin + (i < n_left ? i : i - n_left);
        size_t slot = hash_plain(plain_of(list, token), token->size, seed) & mask;
        for (; slots[slot]; slot = (slot + 1) & mask) {
            size_t first = slots[slot] - 1;
            const Tokens *others = first < n_left ? left : right;
            if (same_plain(list, token, others, others->items + begin + (first < n_left ? first : first - n_left)))
                break;
        }
        if (!slots[slot]) slots[slot] = (uint32_t)i + 1;
        numbers[i] = slots[slot];
    }
    return true;
}

/* Note a run of edits, before those noted so far; edits that nothing equal parts are one run. */
static bool note_run(Judge *j, Run run)
{
    Run *last = j->n_runs ? &j->runs[j->n_runs - 1] : NULL;
    if (last && run.left_end == last->left && run.right_end == last->right) {
        last->left = run.left;
        last->right = run.right;
        return true;
    }
    Run *runs = enlarged(j->runs, &j->runs_room, j->n_runs + 1, sizeof *runs);
    if (!runs) return false;
    j->runs = runs;
    runs[j->n_runs++] = run;
    return true;
}

/* Where the row of a number of edits begins in the trail: 0, 1, 3, 6, ... */
static inline size_t row_of(size_t edits) { return edits * (edits + 1) / 2; }

/* Whether the way to a diagonal, which is `from_end` steps from the lowest, comes from above: by an insertion. */
static inline bool is_down(const uint32_t *before, size_t from_end, size_t edits)
{
    return from_end == 0 || (from_end != edits && before[from_end - 1] < before[from_end]);
}

/* Walk back along the edits. Row e of the trail has the places of diagonals -e, -e + 2, ..., e. */
static bool note_runs(Judge *j, size_t begin, size_t edits, size_t x, size_t y)
{
    for (; edits > 0; edits--) {
        const uint32_t *before = j->trail + row_of(edits - 1);
        size_t from_end = (x + edits - y) / 2;
        bool down = is_down(before, from_end, edits);
        size_t x_before = before[down ? from_end : from_end - 1];
        size_t y_before = x_before + edits + 1 - 2 * from_end - 2 * (size_t)down;
        const Run run = {begin + x_before, begin + x_before + !down, begin + y_before, begin + y_before + down};
        if (!note_run(j, run)) return false;
        x = x_before;
        y = y_before;
    }
    return true;
}

/* Find the fewest edits of the middle, and note their runs from last to first: 1, or 0 when there are more edits than
 * `limit`, -1 when memory is short. E. Myers, "An O(ND) difference algorithm and its variations", 1986. */
static int find_edits(Judge *j, size_t begin, size_t n_left, size_t n_right, size_t limit)
{
    const uint32_t *left = j->numbers, *right = j->numbers + n_left;
    for (size_t edits = 0; edits <= limit; edits++) {
        uint32_t *trail = enlarged(j->trail, &j->trail_room, row_of(edits + 1), sizeof *trail);
        if (!trail) return -1;
        j->trail = trail;
        uint32_t *row = trail + row_of(edits);
        const uint32_t *before = edits ? trail + row_of(edits - 1) : row;
        for (size_t from_end = 0; from_end <= edits; from_end++) {
            size_t x = 0;
            if (edits) x = is_down(before, from_end, edits) ? before[from_end] : before[from_end - 1] + 1u;
            size_t y = x + edits - 2 * from_end;
            while (x + 8 <= n_left && y + 8 <= n_right && memcmp(left + x, right + y, 8 * sizeof *left) == 0)
                x += 8, y += 8;
            while (x < n_left && y < n_right && left[x] == right[y]) x++, y++;
            row[from_end] = (uint32_t)x;
            if (x >= n_left && y >= n_right) return note_runs(j, begin, edits, x, y) ? 1 : -1;
        }
    }
    return 0;
}

/* Align both sides, as find_edits says. */
static int align(Judge *j)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    size_t begin = 0, tail = 0, fewer = smaller(left->n, right->n);
    while (begin < fewer && same_plain(left, left->items + begin, right, right->items + begin)) begin++;
    while (tail < fewer - begin &&
           same_plain(left, left->items + left->n - 1 - tail, right, right->items + right->n - 1 - tail))
        tail++;
    const size_t n_left = left->n - begin - tail, n_right = right->n - begin - tail;
    const size_t limit = smaller(24 + (left->n + right->n) / 3, MOST_EDITS);
    j->n_runs = 0;
    if ((n_left > n_right ? n_left - n_right : n_right - n_left) > limit) return 0;
    if (!n_left && !n_right) return 1;
    if (!n_left || !n_right) return note_run(j, (Run){begin, begin + n_left, begin, begin + n_right}) ? 1 : -1;
    return number_tokens(j, begin, n_left, n_right) ? find_edits(j, begin, n_left, n_right, limit) : -1;
}

/* ---- Spelling ---- */

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
    bool is_ascii = true, has_letter = false;
    for (size_t i = 0; i < word->n; i++) {
        is_ascii &= word->points[i] < 0x80;
        has_letter |= word->points[i] >= 0x61 && word->points[i] <= 0x24F;
    }
    return !is_ascii && has_letter;
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

/* ---- Form and substance ---- */

static unsigned roles_of(Judge *j, const Token *token, int role)
{
    return token->size <= 8 ? slot_of(j, token->head)->roles[role] : 0;
}

static void count_common(Judge *j, Side *side)
{
    if (side->is_counted) return;
    memset(side->counts, 0, sizeof side->counts);
    for (size_t i = 0; i < side->list.n; i++) {
        unsigned roles = roles_of(j, side->list.items + i, 1);
        for (int language = 0; roles; language++, roles >>= 1) side->counts[language] += roles & 1;
    }
    side->is_counted = true;
}

/* The language that both texts seem to be in, N_LANGUAGES where none is told. */
static int language_of(Judge *j)
{
    size_t most = 0;
    if (j->language >= 0) return j->language;
    j->language = N_LANGUAGES;
    count_common(j, &j->left);
    count_common(j, &j->right);
    for (int language = 0; language < N_LANGUAGES; language++) {
        size_t count = j->left.counts[language] + j->right.counts[language];
        if (count <= most) continue;
        most = count;
        j->language = language;
    }
    return j->language;
}

static bool is_article(Judge *j, const Token *token) { return roles_of(j, token, 0) >> language_of(j) & 1; }

static bool is_common(Judge *j, const Token *token) { return roles_of(j, token, 1) >> language_of(j) & 1; }

/* Whether nearly all words of the text that is to stay are known. */
static bool is_covered(Judge *j)
{
    const Tokens *list = &j->left.list;
    size_t n_words = 0, n_known = 0;
    if (j->left.coverage >= 0) return j->left.coverage;
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].kind != IS_WORD || !is_longer_than_one(list->items + i)) continue;
        n_words++;
        n_known += is_known(j, list, list->items + i);
    }
    j->left.coverage = (double)n_known >= COVERED * (double)n_words;
    return j->left.coverage;
}

/* Write a number without points that group its digits by three, and give the new size. */
static size_t put_plain_number(const uint8_t *number, size_t size, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        if (number[i] != '.') out[n++] = number[i];
    bool is_grouped = n < size && number[0] != '0' && number[0] != '.';
    for (size_t i = 0; i < size && is_grouped; i++) {
        const size_t from_end = size - 1 - i; /* so points are where this is 3, 7, 11, ... and nowhere else */
        is_grouped = from_end % 4 == 3 ? number[i] == '.' : number[i] >= '0' && number[i] <= '9';
    }
    if (!is_grouped) memcpy(out, number, n = size);
    return n;
}

static bool same_plain_number(Judge *j, const Token *one, const Token *other)
{
    uint8_t *out = enlarged(j->utf8, &j->utf8_room, (size_t)one->size + other->size, 1);
    if (!out) {
        j->out_of_memory = true;
        return false;
    }
    j->utf8 = out;
    const size_t size = put_plain_number(plain_of(&j->left.list, one), one->size, out);
    const size_t other_size = put_plain_number(plain_of(&j->right.list, other), other->size, out + one->size);
    return size == other_size && memcmp(out, out + one->size, size) == 0;
}

/* Lay out two plain forms for the comparison of their letters; the judgment fails when memory is short. */
static bool lay_out_words(Judge *j, const Tokens *some, const Token *first, size_t n, const Tokens *others,
                          const Token *other)
{
    j->one.n = j->other.n = 0;
    bool fits = add_points(&j->other, others, other);
    for (size_t i = 0; i < n; i++) fits = fits && add_points(&j->one, some, first + i);
    j->out_of_memory |= !fits;
    return fits;
}

/* Whether two words, laid out in `one` and `other` too, differ as a word and its misspelling do. What takes a search in
 * the list of known words comes last. */
static bool is_misspelling(Judge *j, const Token *left, const Token *right)
{
    const Word *one = &j->one, *other = &j->other;
    const size_t fewer = smaller(one->n, other->n);
    if ((one->n < SHORTEST && other->n < SHORTEST) || !is_letters(one) || !is_letters(other)) return false;
    const Edit edit = edit_between(one, other);
    if (!edit.n_edits || !(edit.begins_alike || edit.is_swap)) return false; /* slips spare the first letter */
    const bool is_scan = same_scanned(one, other), is_slip = edit.is_swap || is_scan;
    const bool is_name = left->flags & right->flags & CAPITAL;
    if (edit.n_edits == 2 && fewer < TWO_EDITS && !is_scan) return false;
    const bool is_one_known = is_known(j, &j->left.list, left), is_other_known = is_known(j, &j->right.list, right);
    if (is_one_known && is_other_known) return false;
    if (is_slip && (is_one_known == is_other_known || !is_covered(j))) return edit.is_inner && fewer >= FEWEST_UNKNOWN;
    if (!is_covered(j)) return edit.is_inner && edit.n_edits == 1 && fewer >= NAME && !is_name && has_vowels(one);
    if (is_one_known == is_other_known || (is_name && fewer < NAME && !is_slip)) return false;
    return edit.is_inner || !(begins_with(one, other) || begins_with(other, one) || ends_with(one, other) ||
                              ends_with(other, one));
}

/* Whether two names with underscores differ in capitals of ASCII alone. */
static bool is_same_but_for_case(const Tokens *list, const Token *one, const Tokens *others, const Token *other)
{
    const uint8_t *p = plain_of(list, one), *q = plain_of(others, other);
    if (one->size != other->size || !memchr(p, '_', one->size)) return false;
    for (uint32_t i = 0; i < one->size; i++) {
        const uint8_t a = p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i];
        const uint8_t b = q[i] >= 'A' && q[i] <= 'Z' ? q[i] | 0x20 : q[i];
        if (a != b) return false;
    }
    return true;
}

/* Whether a text has capitals alone. */
static bool is_without_case(const Tokens *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].flags & LOWER) return false;
    return true;
}

static bool is_one_for_one(Judge *j, const Token *one, const Token *other)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    if (same_plain(left, one, right, other)) return true;
    if (one->kind == IS_NUMBER && other->kind == IS_NUMBER)
        return language_of(j) != ENGLISH && language_of(j) != N_LANGUAGES && same_plain_number(j, one, other);
    if (one->kind != IS_WORD || other->kind != IS_WORD) return false;
    if (is_same_but_for_case(left, one, right, other)) return is_without_case(left) || is_without_case(right);
    if (is_article(j, one) && is_article(j, other)) return true;
    if (!lay_out_words(j, left, one, 1, right, other)) return false;
    const bool is_english = language_of(j) == ENGLISH;
    if (lost_marks(&j->one, &j->other))
        return is_english || j->is_plainly_written || !(is_known(j, left, one) && is_known(j, right, other));
    if (is_english && is_other_spelling(j)) return true;
    return !((one->flags | other->flags) & CODE) && is_misspelling(j, one, other);
}

/* Whether tokens make up one plain form. */
static bool are_same_letters(const Tokens *wholes, const Token *whole, const Tokens *list, const Token *parts, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) size += parts[i].size;
    const uint8_t *p = plain_of(wholes, whole);
    for (size_t i = 0; i < n && size == whole->size; p += parts[i++].size)
        if (memcmp(p, plain_of(list, parts + i), parts[i].size) != 0) return false;
    return size == whole->size;
}

/* Whether numbers that make up one are its groups of three digits with spaces between them. */
static bool are_groups(const Tokens *list, const Token *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = plain_of(list, parts + i);
        if (i ? parts[i].size != 3 || !(parts[i].flags & SPACED) : parts[i].size > 3 || *p == '0') return false;
        for (size_t k = 0; k < parts[i].size; k++)
            if (p[k] < '0' || p[k] > '9') return false;
    }
    return true;
}

/* Whether a token has the letters or digits of those that stand for it on the other side, in another cut. */
static bool is_joined(Judge *j, const Tokens *wholes, const Token *whole, const Tokens *list, const Token *parts,
                      size_t n)
{
    bool has_number = false, is_glued = true;
    for (size_t i = 1; i < n; i++)
        if (!(parts[i].flags & (SPACED | GLUED | HYPHENED))) return false;
    if (whole->kind == IS_NUMBER) return are_groups(list, parts, n) && are_same_letters(wholes, whole, list, parts, n);
    if (whole->kind != IS_WORD) return false;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].kind == IS_SYMBOL) return false;
        has_number |= parts[i].kind == IS_NUMBER;
        is_glued &= i == 0 || parts[i].flags & GLUED;
    }
    if (!has_number) return are_same_letters(wholes, whole, list, parts, n);
    return is_glued && lay_out_words(j, list, parts, n, wholes, whole) && is_misread(j);
}

/* Whether a word may be said twice by a slip: one of several letters, a particle, or a most common word. */
static bool is_said_once(Judge *j, const Tokens *list, const Token *token)
{
    static const uint16_t particles[] = { /* 的了在和是与及对将于把被就也都而或のはをにともへや */
        0x7684, 0x4E86, 0x5728, 0x548C, 0x662F, 0x4E0E, 0x53CA, 0x5BF9, 0x5C06, 0x4E8E, 0x628A, 0x88AB, 0x5C31,
        0x4E5F, 0x90FD, 0x800C, 0x6216, 0x306E, 0x306F, 0x3092, 0x306B, 0x3068, 0x3082, 0x3078, 0x3084,
    };
    if (is_longer_than_one(token)) return true;
    const uint8_t *p = plain_of(list, token);
    const uint32_t point = next_point(&p);
    for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
        if (particles[i] == point) return true;
    return is_common(j, token);
}

/* Whether a token that one side has alone may be left out: an article, or a word that stays beside it, outside of the
 * run from `begin` to `end`. */
static bool may_be_left_out(Judge *j, const Tokens *list, size_t at, size_t begin, size_t end)
{
    const Token *token = list->items + at, *next = at + 1 < list->n ? token + 1 : NULL;
    if (token->kind != IS_WORD) return false;
    const bool is_first = at == begin && at, is_last = at + 1 == end && next;
    const bool is_twice = (is_first && token->flags & (SPACED | GLUED) && same_plain(list, token, list, token - 1)) ||
                          (is_last && next->flags & (SPACED | GLUED) && same_plain(list, token, list, next));
    if (is_twice && !(token->flags & CODE) && is_said_once(j, list, token)) return true;
    if ((!is_longer_than_one(token) && token->flags & LABEL) || !is_article(j, token)) return false;
    if (token->head != 'a' || !next || next->size > 8) return true;
    uint64_t head;
    for (const char *words = after_a; (words = next_word(words, &head));)
        if (next->head == head) return false;
    return true;
}

/* Whether a run is form: its tokens are matched one by one or in small groups, from left to right. */
static bool is_form(Judge *j, const Run *run)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    const size_t n_left = run->left_end - run->left, n_right = run->right_end - run->right;
    bool reached[MOST_TOKENS + 4][MOST_TOKENS + 4] = {{false}};
    if (n_left > MOST_TOKENS || n_right > MOST_TOKENS) return false;
    reached[0][0] = true;
    for (size_t i = 0; i <= n_left; i++)
        for (size_t k = 0; k <= n_right; k++) {
            if (!reached[i][k]) continue;
            const Token *one = left->items + run->left + i, *other = right->items + run->right + k;
            if (i < n_left && k < n_right) {
                if (!reached[i + 1][k + 1]) reached[i + 1][k + 1] = is_one_for_one(j, one, other);
                for (size_t more = 2; more <= 3; more++) {
                    if (k + more <= n_right && !reached[i + 1][k + more])
                        reached[i + 1][k + more] = is_joined(j, left, one, right, other, more);
                    if (i + more <= n_left && !reached[i + more][k + 1])
                        reached[i + more][k + 1] = is_joined(j, right, other, left, one, more);
                }
            }
            if (i < n_left && !reached[i + 1][k])
                reached[i + 1][k] = may_be_left_out(j, left, run->left + i, run->left, run->left_end);
            if (k < n_right && !reached[i][k + 1])
                reached[i][k + 1] = may_be_left_out(j, right, run->right + k, run->right, run->right_end);
        }
    return reached[n_left][n_right];
}

/* ---- Sentences more ---- */

static bool is_border(const Tokens *list, size_t at)
{
    return at == 0 || at == list->n || (list->items[at].flags & OPENS && list->items[at - 1].flags & CLOSES);
}

static bool opens_and_closes(const Tokens *more, size_t begin, size_t end, const Tokens *less, size_t at)
{
    bool opens = begin == 0 || (more->items[begin].flags & OPENS && more->items[begin - 1].flags & CLOSES);
    bool closes = more->items[end - 1].flags & CLOSES && (end == more->n || more->items[end].flags & OPENS);
    return opens && closes && is_border(less, at);
}

/* Whether tokens that only one side has are whole sentences, put between whole sentences of the other. The run may
 * be moved along as long as what it passes is equal: `b c. A` between `A` and `d` is `A b c.` */
static bool are_sentences(const Tokens *more, size_t begin, size_t end, const Tokens *less, size_t at)
{
    size_t n_words = 0; /* the same wherever the run is moved to, as it has the same tokens there */
    for (size_t i = begin; i < end && n_words < FEWEST_WORDS; i++) n_words += more->items[i].kind == IS_WORD;
    if (n_words < FEWEST_WORDS || end - begin < FEWEST_TOKENS) return false;
    for (size_t b = begin, e = end, a = at;; b--, e--, a--) {
        if (opens_and_closes(more, b, e, less, a)) return true;
        if (!b || !a || !same_plain(more, more->items + b - 1, more, more->items + e - 1) ||
            !same_plain(more, more->items + e - 1, less, less->items + a - 1))
            break;
    }
    for (; end < more->n && at < less->n && same_plain(more, more->items + begin, more, more->items + end) &&
           same_plain(more, more->items + end, less, less->items + at);) {
        begin++, end++, at++;
        if (opens_and_closes(more, begin, end, less, at)) return true;
    }
    return false;
}

/* ---- The verdict ---- */

static bool fill_side(Judge *j, Side *side, int64_t block)
{
    if (side->block == block) return true;
    const Texts *texts = j->texts;
    side->block = -1;
    side->is_counted = false;
    side->coverage = -1;
    if (!cut_tokens(&j->cutter, texts->buffer + texts->starts[block], texts->buffer + texts->ends[block], &side->list))
        return false;
    side->block = block;
    return true;
}

/* Count the words that lost their accents, before any run is judged. */
static void count_lost_marks(Judge *j)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    size_t counts[3] = {0};
    for (size_t i = 0; i < j->n_runs; i++) {
        const Run *run = &j->runs[i];
        const size_t n = run->left_end - run->left;
        for (size_t k = 0; n == run->right_end - run->right && k < n; k++) {
            const Token *one = left->items + run->left + k, *other = right->items + run->right + k;
            if ((is_ascii(left, one) && is_ascii(right, other)) || same_plain(left, one, right, other)) continue;
            if (!lay_out_words(j, left, one, 1, right, other)) return;
            counts[lost_marks(&j->one, &j->other)]++;
        }
    }
    j->is_plainly_written = (counts[1] >= SEVERAL && !counts[2]) || (counts[2] >= SEVERAL && !counts[1]);
}

/* Keep the runs of substance alone; false when one of them would be lost with the right text, and that decides. */
static bool drop_form(Judge *j, bool may_lose)
{
    count_lost_marks(j);
    size_t kept = 0;
    for (size_t i = 0; i < j->n_runs; i++) {
        const Run run = j->runs[i];
        if (is_form(j, &run)) continue;
        if (!may_lose && run.right < run.right_end) return false;
        j->runs[kept++] = run;
    }
    j->n_runs = kept;
    return true;
}

/* Whether all that differs is whole sentences that only one side has: the left, or else the right. */
static bool are_all_sentences(const Judge *j, bool of_left)
{
    const Tokens *left = &j->left.list, *right = &j->right.list;
    for (size_t i = 0; i < j->n_runs; i++) {
        const Run *run = &j->runs[i];
        if (of_left ? !are_sentences(left, run->left, run->left_end, right, run->right)
                    : !are_sentences(right, run->right, run->right_end, left, run->left))
            return false;
    }
    return true;
}

/* Judge what two blocks say, the left one to stay and the right one to go: the verdict, and their similarity. Where
 * nothing may be lost, only SAME and CONTAINED matter: anything else is VARIANT, without a similarity. */
static int judge_pair(Judge *j, int64_t left, int64_t right, bool may_lose, double *similarity)
{
    const Texts *texts = j->texts;
    const int64_t size = texts->ends[left] - texts->starts[left];
    *similarity = 1.0;
    if (size == texts->ends[right] - texts->starts[right] &&
        memcmp(texts->buffer + texts->starts[left], texts->buffer + texts->starts[right], (size_t)size) == 0)
        return SAME;
    if (!fill_side(j, &j->left, left) || !fill_side(j, &j->right, right)) return NOT_JUDGED;
    j->language = -1;
    *similarity = 0.0;
    const int is_aligned = align(j);
    if (is_aligned < 0) return NOT_JUDGED;
    const bool is_lost = !is_aligned || !drop_form(j, may_lose);
    if (j->out_of_memory) return NOT_JUDGED;
    if (is_lost) return VARIANT;
    size_t n_left = 0, n_right = 0;
    for (size_t i = 0; i < j->n_runs; i++) {
        n_left += j->runs[i].left_end - j->runs[i].left;
        n_right += j->runs[i].right_end - j->runs[i].right;
    }
    const size_t left_rest = j->left.list.n - n_left, right_rest = j->right.list.n - n_right;
    const size_t shared = left_rest > right_rest ? left_rest : right_rest;
    *similarity = !j->n_runs ? 1.0 : shared ? (double)shared / (double)(shared + n_left + n_right) : 0.0;
    if (!j->n_runs) return SAME;
    if (!n_right && are_all_sentences(j, true)) return CONTAINED;
    return !n_left && are_all_sentences(j, false) ? CONTAINS : VARIANT;
}

#endif
