/* A keyed hash of all that a text says: SipHash-2-4 with 128 bits over the plain forms of its tokens, each with a zero
 * byte behind it. Whoever does not know the key cannot make another text with the same hash.
 * Source: J.-P. Aumasson, D. Bernstein, "SipHash: a fast short-input PRF", 2012, with the 128-bit output of its
 * reference code. core/meaning/plain_hash.py is the plain twin. */
#ifndef DEDUPE_PLAIN_HASH_H
#define DEDUPE_PLAIN_HASH_H

#include "_meaning_tokens.h"

typedef struct {
    uint64_t v[4], chunk, size; /* bytes of the chunk that is not full yet; all bytes so far */
} Sip;

static inline uint64_t rotated(uint64_t x, unsigned bits) { return x << bits | x >> (64 - bits); }

static inline void sip_rounds(uint64_t v[4], int n)
{
    while (n--) {
        v[0] += v[1], v[1] = rotated(v[1], 13) ^ v[0], v[0] = rotated(v[0], 32);
        v[2] += v[3], v[3] = rotated(v[3], 16) ^ v[2];
        v[0] += v[3], v[3] = rotated(v[3], 21) ^ v[0];
        v[2] += v[1], v[1] = rotated(v[1], 17) ^ v[2], v[2] = rotated(v[2], 32);
    }
}

static inline void sip_open(Sip *s, uint64_t key, uint64_t more_key)
{
    *s = (Sip){{key ^ 0x736F6D6570736575u, more_key ^ 0x646F72616E646F6Du ^ 0xEE, key ^ 0x6C7967656E657261u,
                more_key ^ 0x7465646279746573u}, 0, 0};
}

static inline void sip_block(Sip *s, uint64_t block)
{
    s->v[3] ^= block;
    sip_rounds(s->v, 2);
    s->v[0] ^= block;
}

static inline void sip_byte(Sip *s, uint8_t byte)
{
    s->chunk |= (uint64_t)byte << 8 * (s->size & 7);
    if ((++s->size & 7) == 0) {
        sip_block(s, s->chunk);
        s->chunk = 0;
    }
}

static inline void sip_close(Sip *s, uint64_t out[2])
{
    sip_block(s, s->chunk | s->size << 56);
    s->v[2] ^= 0xEE;
    sip_rounds(s->v, 4);
    out[0] = s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
    s->v[1] ^= 0xDD;
    sip_rounds(s->v, 4);
    out[1] = s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* Two numbers a block; false when memory is short. */
static bool hash_plain_forms(const Table *table, const uint8_t *buffer, const int64_t *starts, const int64_t *ends,
                             size_t n_blocks, const uint64_t key[2], uint64_t *hashes)
{
    Cutter cutter;
    Tokens list = {0};
    set_up_cutter(&cutter, table);
    bool fits = true;
    for (size_t i = 0; fits && i < n_blocks; i++) {
        fits = cut_tokens(&cutter, buffer + starts[i], buffer + ends[i], &list);
        Sip sip;
        sip_open(&sip, key[0], key[1]);
        for (size_t t = 0; fits && t < list.n; t++) {
            const uint8_t *plain = plain_of(&list, &list.items[t]);
            for (size_t k = 0; k < list.items[t].size; k++) sip_byte(&sip, plain[k]);
            sip_byte(&sip, 0);
        }
        sip_close(&sip, hashes + 2 * i);
    }
    free(list.items);
    free(list.plain);
    free_cutter(&cutter);
    return fits;
}

#endif
