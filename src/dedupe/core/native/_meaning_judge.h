/* What the judgment of pairs of texts works with. The rules are those of align.py, spelling.py and rules.py in core/meaning,
 * which are the plain twins of the files of the same name here. */
#ifndef DEDUPE_MEANING_JUDGE_H
#define DEDUPE_MEANING_JUDGE_H

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
#define KEPT_SIDES 64
#define KEPT_TOKENS 1024 /* room of lists that are kept at most, which bounds the memory to a few megabytes */

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
    Side left, right, kept[KEPT_SIDES]; /* a block meets others more than once, so its tokens are kept for a while */
    LanguageWord words[LANGUAGE_SLOTS];
    int language; /* of this pair, -1 before it is asked for, N_LANGUAGES where none is told */
    uint32_t *numbers, *slots, *trail;
    Run *runs;
    size_t n_runs, numbers_room, slots_room, trail_room, runs_room;
    Word one, other, forms[2];
    uint8_t *utf8;
    size_t utf8_room;
    bool has_slip;           /* something in this pair was taken for a misspelling */
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
    for (size_t i = 0; i < KEPT_SIDES; i++) j->kept[i].block = -1;
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
    for (size_t i = 0; i < KEPT_SIDES; i++) {
        free(j->kept[i].list.items);
        free(j->kept[i].list.plain);
    }
    free_cutter(&j->cutter);
}

/* The word hash of docs/core.md over a plain form, each chunk moved by `seed`. */
static uint64_t hash_plain(const uint8_t *p, size_t size, uint64_t seed)
{
    uint64_t sum = 0, position = POSITION + seed;
    size_t left = size;
    for (; left > 8; left -= 8, p += 8, position += POSITION) sum += fmix64(load(p, 8) + position);
    if (left) sum += fmix64(load(p, left) + position);
    return fmix64(size * GOLDEN + sum);
}

#endif
