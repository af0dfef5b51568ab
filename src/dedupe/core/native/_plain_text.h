/* Texts in their plain forms, and a keyed hash of their bytes; core/meaning/plain.py is the plain twin. */
#ifndef DEDUPE_PLAIN_TEXT_H
#define DEDUPE_PLAIN_TEXT_H

#include "_meaning_tokens.h"

/* ---- Plain texts ---- */

/* Whether the plain form of a text may have other words than the text: a byte outside ASCII, the mark that opens an
 * entity, or a hyphen that may end a line. */
static bool has_plain_form(const uint8_t *p, const uint8_t *end)
{
    unsigned found = 0;
    for (const uint8_t *at = p; at < end; at++) found |= (unsigned)(*at >> 7) | (unsigned)(*at == '&');
    if (found) return true;
    while (p < end && (p = memchr(p, '-', (size_t)(end - p))) != NULL) {
        for (p++; p < end && (*p == ' ' || *p == '\t'); p++) {}
        if (p < end && (*p == '\n' || *p == '\r')) return true;
    }
    return false;
}

typedef struct {
    uint8_t *bytes;
    size_t n, room;
} Bytes;

static inline void put_utf8(Bytes *out, uint32_t code)
{
    uint8_t *p = out->bytes + out->n;
    if (code < 0x80) {
        p[0] = (uint8_t)code, out->n += 1;
    } else if (code < 0x800) {
        p[0] = (uint8_t)(0xC0 | code >> 6), p[1] = (uint8_t)(0x80 | (code & 63)), out->n += 2;
    } else if (code < 0x10000) {
        p[0] = (uint8_t)(0xE0 | code >> 12), p[1] = (uint8_t)(0x80 | (code >> 6 & 63)), p[2] = (uint8_t)(0x80 | (code & 63));
        out->n += 3;
    } else {
        p[0] = (uint8_t)(0xF0 | code >> 18), p[1] = (uint8_t)(0x80 | (code >> 12 & 63));
        p[2] = (uint8_t)(0x80 | (code >> 6 & 63)), p[3] = (uint8_t)(0x80 | (code & 63)), out->n += 4;
    }
}

/* The plain forms of the tokens of each block with a space behind each, nothing for a block whose words are its plain
 * forms; offsets has one entry more than there are blocks. False when memory is short. */
static bool write_plain_texts(const Table *table, const uint8_t *buffer, const int64_t *starts, const int64_t *ends,
                              size_t n_blocks, int64_t *offsets, Bytes *out)
{
    Cutter cutter;
    Tokens list = {0};
    set_up_cutter(&cutter, table);
    bool fits = true;
    offsets[0] = 0;
    for (size_t i = 0; fits && i < n_blocks; i++) {
        const uint8_t *start = buffer + starts[i], *end = buffer + ends[i];
        if (has_plain_form(start, end)) {
            fits = cut_tokens(&cutter, start, end, &list);
            uint8_t *more = fits ? enlarged(out->bytes, &out->room, out->n + 2 * list.n_plain + list.n + 1, 1) : NULL;
            fits = more != NULL;
            if (fits) out->bytes = more;
            for (size_t t = 0; fits && t < list.n; t++) {
                const uint8_t *plain = plain_of(&list, &list.items[t]), *stop = plain + list.items[t].size;
                while (plain < stop) {
                    if (*plain < 0x80) {
                        put_utf8(out, *plain++);
                    } else {
                        put_utf8(out, (uint32_t)(plain[0] & 127) << 14 | (uint32_t)(plain[1] & 127) << 7 | (plain[2] & 127));
                        plain += 3;
                    }
                }
                out->bytes[out->n++] = ' ';
            }
        }
        offsets[i + 1] = (int64_t)out->n;
    }
    free(list.items);
    free(list.plain);
    free_cutter(&cutter);
    return fits;
}

/* ---- Keyed hash ---- */

/* SipHash-1-3 with 128 bits of output. Source: J.-P. Aumasson, D. Bernstein, "SipHash: a fast short-input PRF", 2012,
 * with the 128-bit output of its reference code. */

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

static void sip_hash(const uint8_t *p, size_t size, const uint64_t key[2], uint64_t out[2])
{
    uint64_t v[4] = {key[0] ^ 0x736F6D6570736575u, key[1] ^ 0x646F72616E646F6Du ^ 0xEE, key[0] ^ 0x6C7967656E657261u,
                     key[1] ^ 0x7465646279746573u};
    for (size_t left = size;; left -= 8, p += 8) {
        uint64_t block = left >= 8 ? load(p, 8) : load(p, left) | (uint64_t)size << 56;
        v[3] ^= block;
        sip_rounds(v, 1);
        v[0] ^= block;
        if (left < 8) break;
    }
    v[2] ^= 0xEE;
    sip_rounds(v, 3);
    out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xDD;
    sip_rounds(v, 3);
    out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
