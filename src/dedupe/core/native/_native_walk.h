/* Which blocks stay, as "Survivors" in docs/core.md says: the walk in policy order, with or without a judge. */
#ifndef DEDUPE_WALK_H
#define DEDUPE_WALK_H

#include "_meaning_rules.h"

typedef struct {
    const int64_t *set_offsets;
    const uint64_t *set_hashes;
    const int64_t *bucket_offsets, *bucket_ids;
    size_t n_blocks, n_buckets, n_fixed, leaders;
    double threshold;
    const Texts *texts; /* of the blocks, to judge what they say; NULL for the similarity of the sets alone */
    double least;       /* share of what both say from which a leader may have whole sentences more */
} WalkInput;

typedef struct {
    int64_t *survivor;
    double *similarity;
    int64_t *variant;          /* of a block that stays: the leader most like it that says something else, or -1 */
    double *variant_similarity;
    int64_t n_compared, n_matched, n_capped;
} WalkResult;

typedef struct {
    int64_t *slots;     /* the leaders of bucket k: slots[begins[k]] … */
    size_t *begins, *counts;
    int64_t *seen_by;   /* the last block that was compared with this one */
    int64_t *near;      /* leaders like the block at hand that are to be judged, in no order */
    double *shared;     /* and what share of the sets is common */
    size_t n_near, near_room, shared_room;
} Leaders;

/* The similarity of a block and a leader that was not compared with it yet; -1 when it was, or is below the bar. */
static inline double similarity_to(const WalkInput *in, const Leaders *led, size_t block, int64_t leader, double bar,
                                   WalkResult *out)
{
    if (led->seen_by[leader] == (int64_t)block) return -1.0;
    led->seen_by[leader] = (int64_t)block;
    out->n_compared++;
    const int64_t *own = in->set_offsets + block, *other = in->set_offsets + leader;
    const size_t n_own = (size_t)(own[1] - own[0]), n_other = (size_t)(other[1] - other[0]);
    int64_t shared = intersect(in->set_hashes + own[0], n_own, in->set_hashes + other[0], n_other,
                               least_shared(n_own, n_other, bar));
    return shared < 0 ? -1.0 : jaccard((size_t)shared, n_own, n_other);
}

/* Find the most similar leader of a block: its number, or -1 when none reaches the threshold. */
static int64_t best_leader(const WalkInput *in, const Leaders *led, size_t block, WalkResult *out)
{
    double bar = in->threshold;
    int64_t best = -1;
    for (int64_t p = in->bucket_offsets[block]; p < in->bucket_offsets[block + 1]; p++) {
        size_t bucket = (size_t)in->bucket_ids[p], begin = led->begins[bucket];
        for (size_t slot = begin; slot < begin + led->counts[bucket]; slot++) {
            int64_t leader = led->slots[slot];
            double similarity = similarity_to(in, led, block, leader, bar, out);
            if (similarity < 0.0) continue; /* below the bar, so it could not even tie */
            if (best < 0 || similarity > bar || leader < best) best = leader;
            bar = similarity;
        }
    }
    out->similarity[block] = best < 0 ? 0.0 : bar;
    return best;
}

/* Collect the leaders of a block that reach the threshold; false when memory is short. */
static bool find_near(const WalkInput *in, Leaders *led, size_t block, WalkResult *out)
{
    led->n_near = 0;
    for (int64_t p = in->bucket_offsets[block]; p < in->bucket_offsets[block + 1]; p++) {
        size_t bucket = (size_t)in->bucket_ids[p], begin = led->begins[bucket];
        int64_t *near = enlarged(led->near, &led->near_room, led->n_near + led->counts[bucket], sizeof *near);
        if (!near) return false;
        led->near = near;
        double *shared = enlarged(led->shared, &led->shared_room, led->n_near + led->counts[bucket], sizeof *shared);
        if (!shared) return false;
        led->shared = shared;
        for (size_t slot = begin; slot < begin + led->counts[bucket]; slot++) {
            double similarity = similarity_to(in, led, block, led->slots[slot], in->threshold, out);
            if (similarity < 0.0) continue;
            near[led->n_near] = led->slots[slot];
            shared[led->n_near++] = similarity;
        }
    }
    return true;
}

static int by_number(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Find the leader of a block that says all that it says: of those that reach the threshold the one that has the least
 * to say beside it, of several the earliest. Its number, -1 for none, -2 when memory is short. */
static int64_t best_judged(const WalkInput *in, Leaders *led, Judge *judge, size_t block, WalkResult *out)
{
    if (!find_near(in, led, block, out)) return -2;
    int64_t best = -1, variant = -1;
    double most = 0.0, variant_similarity = 0.0;
    for (size_t i = 0; i < led->n_near; i++) {
        const double similarity = led->shared[i];
        if (similarity < variant_similarity) continue;
        if (similarity == variant_similarity && led->near[i] >= variant) continue;
        variant = led->near[i];
        variant_similarity = similarity;
    }
    qsort(led->near, led->n_near, sizeof *led->near, by_number); /* `shared` is not needed any more */
    for (size_t i = 0; i < led->n_near && most < 1.0; i++) { /* from the earliest on, so one that has no more is it */
        double share;
        const int verdict = judge_pair(judge, led->near[i], (int64_t)block, false, &share);
        if (verdict == NOT_JUDGED) return -2;
        if ((verdict != SAME && verdict != CONTAINED) || share < in->least || (best >= 0 && share <= most)) continue;
        best = led->near[i];
        most = share;
    }
    out->similarity[block] = best < 0 ? 0.0 : most;
    out->variant[block] = best < 0 ? variant : -1;
    out->variant_similarity[block] = best < 0 ? variant_similarity : 0.0;
    return best;
}

/* What decides about blocks: the similarity alone, or a judge. */
static int64_t leader_of(const WalkInput *in, Leaders *led, Judge *judge, size_t block, WalkResult *out)
{
    if (block < in->n_fixed) return -1;
    return judge ? best_judged(in, led, judge, block, out) : best_leader(in, led, block, out);
}

/* Walk the blocks in policy order, as "Survivors" in docs/core.md says; false when memory is short. */
static bool walk_blocks(const WalkInput *in, WalkResult *out)
{
    size_t n_postings = (size_t)in->bucket_offsets[in->n_blocks];
    Leaders led = {
        .slots = malloc((n_postings + 1) * sizeof(int64_t)),
        .begins = calloc(in->n_buckets + 1, sizeof(size_t)),
        .counts = calloc(in->n_buckets + 1, sizeof(size_t)),
        .seen_by = malloc((in->n_blocks + 1) * sizeof(int64_t)),
    };
    Judge *judge = in->texts ? malloc(sizeof *judge) : NULL;
    bool has_memory = led.slots && led.begins && led.counts && led.seen_by && (judge || !in->texts);
    if (judge) set_up_judge(judge, in->texts);
    if (has_memory) {
        /* a bucket never has more leaders than members, so the slots of all fit into one array */
        for (size_t p = 0; p < n_postings; p++) led.begins[in->bucket_ids[p] + 1]++;
        for (size_t k = 0; k < in->n_buckets; k++) led.begins[k + 1] += led.begins[k];
        for (size_t i = 0; i < in->n_blocks; i++) led.seen_by[i] = -1;
    }
    for (size_t i = 0; has_memory && i < in->n_blocks; i++) {
        out->similarity[i] = 0.0;
        if (judge) {
            out->variant[i] = -1;
            out->variant_similarity[i] = 0.0;
        }
        int64_t best = leader_of(in, &led, judge, i, out);
        has_memory = best != -2;
        out->survivor[i] = best < 0 ? (int64_t)i : best;
        out->n_matched += best >= 0;
        if (best >= 0) continue;
        for (int64_t p = in->bucket_offsets[i]; p < in->bucket_offsets[i + 1]; p++) {
            size_t bucket = (size_t)in->bucket_ids[p];
            if (led.counts[bucket] < in->leaders) led.slots[led.begins[bucket] + led.counts[bucket]++] = (int64_t)i;
            else out->n_capped++;
        }
    }
    free(led.slots);
    free(led.begins);
    free(led.counts);
    free(led.seen_by);
    free(led.near);
    free(led.shared);
    if (judge) free_judge(judge);
    free(judge);
    return has_memory;
}

#endif
