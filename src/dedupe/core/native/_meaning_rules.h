/* What the difference of two texts means: form or substance; core/meaning/rules.py is the plain twin. */
#ifndef DEDUPE_MEANING_RULES_H
#define DEDUPE_MEANING_RULES_H

#include "_meaning_align.h"
#include "_meaning_spelling.h"

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
    const bool is_slip = !((one->flags | other->flags) & CODE) && is_misspelling(j, one, other);
    j->has_slip |= is_slip;
    return is_slip;
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

/* Change a side with the one that is kept at the place of a block, unless the side is too long to be kept. */
static void change_side(Judge *j, Side *side, int64_t block)
{
    if (block < 0 || side->list.room > KEPT_TOKENS || side->list.plain_room > 8 * KEPT_TOKENS) return;
    Side *kept = &j->kept[block % KEPT_SIDES], old = *side;
    *side = *kept;
    *kept = old;
}

static bool fill_side(Judge *j, Side *side, int64_t block)
{
    if (side->block == block) return true;
    change_side(j, side, side->block);
    change_side(j, side, block);
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
    j->has_slip = false;
    if (size == texts->ends[right] - texts->starts[right] &&
        memcmp(texts->buffer + texts->starts[left], texts->buffer + texts->starts[right], (size_t)size) == 0)
        return SAME;
    if (!fill_side(j, &j->right, right) || !fill_side(j, &j->left, left)) return NOT_JUDGED;
    j->language = -1;
    *similarity = 0.0;
    if (!j->left.list.n && !j->right.list.n) return VARIANT; /* marks alone: nothing says that they mean the same */
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
