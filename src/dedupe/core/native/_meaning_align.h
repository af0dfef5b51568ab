/* The shortest edits from the tokens of one text to those of another; core/meaning/align.py is the plain twin.
 * Tokens are equal when their plain forms are, as text; a hash only finds candidates. */
#ifndef DEDUPE_MEANING_ALIGN_H
#define DEDUPE_MEANING_ALIGN_H

#include "_meaning_judge.h"

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

#endif
