/* Text to tokens that carry meaning: the rules of core/meaning/tokens.py, which is the plain twin of this file. Each look
 * ahead that could make the time grow with the square of the length remembers what it saw. */
#ifndef DEDUPE_MEANING_TOKENS_H
#define DEDUPE_MEANING_TOKENS_H

#include "_meaning_atoms.h"

/* ---- Words and numbers ---- */

static inline void put_point(Tokens *out, uint32_t point)
{
    if (point < 0x80) {
        out->plain[out->n_plain++] = (uint8_t)point;
        return;
    }
    out->plain[out->n_plain++] = (uint8_t)(0x80 | (point >> 14 & 127));
    out->plain[out->n_plain++] = (uint8_t)(0x80 | (point >> 7 & 127));
    out->plain[out->n_plain++] = (uint8_t)(0x80 | (point & 127));
}

/* GLUED or SPACED when nothing, or white space alone, lies between the last token and a place. */
static unsigned touches(const Cutter *c, size_t at)
{
    if (c->last_source + 1 == source_at(c, at)) return GLUED;
    const uint32_t before = raw_at(c, at - 1);
    if (before == '-' || before == 0x2010 || before == 0x2011)
        return source_at(c, at - 1) == c->last_source + 1 && source_at(c, at) == c->last_source + 2 ? HYPHENED : 0;
    do at--;
    while (traits_at(c, at) & SPACE);
    return source_at(c, at) == c->last_source ? SPACED : 0;
}

/* Make a token of the atoms from `first` to here, and of the plain bytes from `begin` on. */
static void add_token(Cutter *c, size_t begin, unsigned kind, size_t first, unsigned flags)
{
    Tokens *out = c->out;
    size_t size = out->n_plain - begin;
    Token *items = out->items;
    if (out->n == out->room && !(items = enlarged(items, &out->room, out->n + 1, sizeof *items))) c->out_of_memory = true;
    if (size > UINT32_MAX || out->n >= INT32_MAX) c->out_of_memory = true;
    if (c->out_of_memory) return;
    out->items = items;
    memset(out->plain + out->n_plain, 0, 8);
    if (c->opens) flags |= OPENS;
    if (out->n) flags |= touches(c, first);
    items[out->n++] = (Token){load(out->plain + begin, 8), begin, (uint32_t)size, (uint16_t)kind, (uint16_t)flags};
    c->last_source = source_at(c, c->at - 1);
    c->opens = false;
}

static inline unsigned label_here(const Cutter *c) { return traits_at(c, c->at) & LABELED ? LABEL : 0; }

static inline bool is_digit_at(const Cutter *c, size_t at) { return folded_at(c, at) & DIGIT; }

static bool opens_three_digits(const Cutter *c, size_t at)
{
    return is_digit_at(c, at) && is_digit_at(c, at + 1) && is_digit_at(c, at + 2) && !is_digit_at(c, at + 3);
}

/* What joins two groups of digits: a mark, 0 (a space between groups), or -1 for no joint. */
static int joint_here(const Cutter *c, size_t n_before)
{
    const uint32_t next = folded_at(c, c->at + 1);
    if (!(next & DIGIT) || next & (FRACTION | SUPERSCRIPT)) return -1;
    const uint32_t code = raw_at(c, c->at), traits = traits_of(c, code);
    if (code == '.' || code == ',' || code == ':' || code == '/') return (int)code;
    if (code == 0x66B || code == 0x66C) return code == 0x66B ? '.' : ',';
    if (traits & MINUS || code == 0x2010 || code == 0x2011) return '-';
    bool is_group = traits & (NARROW_SPACE | APOSTROPHE) && n_before <= 3 && opens_three_digits(c, c->at + 1);
    return is_group ? 0 : -1;
}

/* Drop commas that group digits by three, as in 1,234,567, and give the number's new size. */
static size_t without_groups(uint8_t *number, size_t size)
{
    size_t first = 0, kept;
    while (first < size && number[first] >= '0' && number[first] <= '9') first++;
    if (first < 1 || first > 3 || number[0] == '0') return size;
    size_t at = kept = first;
    while (at < size && number[at] == ',') {
        size_t end = at + 1;
        while (end < size && number[end] >= '0' && number[end] <= '9') end++;
        if (end - at != 4) break;
        memmove(number + kept, number + at + 1, 3);
        kept += 3;
        at = end;
    }
    memmove(number + kept, number + at, size - at);
    return kept + size - at;
}

static void cut_number(Cutter *c, size_t first)
{
    Tokens *out = c->out;
    const size_t begin = out->n_plain;
    size_t part = begin;
    for (;;) {
        uint32_t folded;
        while ((folded = folded_at(c, c->at)) & DIGIT && !(folded & (SUPERSCRIPT | FRACTION))) {
            out->plain[out->n_plain++] = (uint8_t)('0' + digit_value(folded & POINT));
            c->at++;
        }
        int joint = joint_here(c, out->n_plain - part);
        if (joint < 0) break;
        if (joint) {
            out->plain[out->n_plain++] = (uint8_t)joint;
            part = out->n_plain;
        }
        c->at++;
    }
    out->n_plain = begin + without_groups(out->plain + begin, out->n_plain - begin);
    add_token(c, begin, IS_NUMBER, first, label_here(c));
}

/* A fraction such as ½ is one code point; superscripts in a row are one number. */
static void cut_fraction_or_power(Cutter *c, size_t first, uint32_t which)
{
    const size_t begin = c->out->n_plain;
    if (which == SUPERSCRIPT) put_point(c->out, '^');
    while (c->at < c->n && (which == FRACTION ? source_at(c, c->at) == source_at(c, first)
                                              : (folded_at(c, c->at) & SUPERSCRIPT) != 0)) {
        uint32_t folded = folded_at(c, c->at++);
        put_point(c->out, which == FRACTION && class_of(folded) == SEPARATOR ? '/' : folded & POINT);
    }
    add_token(c, begin, IS_NUMBER, first, 0);
}

static inline bool is_letter_at(const Cutter *c, size_t at) { return is_word_at(c, at) && !is_digit_at(c, at); }

/* Whether a word from `first` to here is a name in code by what touches it. */
static bool is_in_code(const Cutter *c, size_t first)
{
    const uint32_t before = raw_at(c, first - 1), after = raw_at(c, c->at);
    const bool is_call = after == '(' || (traits_of(c, after) & CODE_AFTER &&
                                          !(after == '.' && traits_at(c, c->at + 1) & SPACE));
    const bool is_called = traits_of(c, before) & CODE_BEFORE && !(before == '-' && is_word_at(c, first - 2));
    const bool joins = (after == '.' || after == ':') && !is_word_at(c, c->at + 1);
    return (is_call && !joins) || is_called;
}

typedef struct {
    size_t n_letters, n_upper;
    bool is_code; /* it has a capital inside, or an underscore */
    bool has_underscore;
} Letters;

/* The usual case in a loop of its own: the letters that a word of ASCII begins with. */
static Letters cut_ascii_letters(Cutter *c)
{
    const uint8_t *p = c->bytes + c->at, *end = c->bytes + c->n;
    uint8_t *out = c->out->plain + c->out->n_plain;
    Letters word = {0};
    for (uint32_t folded; p < end && ((folded = c->ascii[*p]) & (CLASS | DIGIT)) == LETTER << 21; p++) {
        const uint32_t is_capital = folded >> 25 & 1;
        word.is_code |= is_capital & (word.n_letters > word.n_upper);
        word.n_upper += is_capital;
        out[word.n_letters++] = (uint8_t)folded;
    }
    c->at += word.n_letters;
    c->out->n_plain += word.n_letters;
    return word;
}

/* LOWER when one of some atoms is a small letter of ASCII. */
static unsigned lower_between(const Cutter *c, size_t first, size_t end)
{
    for (size_t at = first; at < end; at++)
        if (raw_at(c, at) >= 'a' && raw_at(c, at) <= 'z') return LOWER;
    return 0;
}

/* Write the plain form of a name with underscores again, its capitals of ASCII kept. */
static void keep_case(Cutter *c, size_t begin, size_t first)
{
    c->out->n_plain = begin;
    uint32_t base = 0;
    for (size_t at = first; at < c->at; at++) {
        const uint32_t folded = folded_at(c, at), raw = raw_at(c, at);
        if (class_of(folded) == MARK) {
            if (!is_optional(base, folded & POINT)) put_point(c->out, folded & POINT);
        } else if (class_of(folded) == LETTER) {
            base = plain_letter(folded & POINT);
            put_point(c->out, raw >= 'A' && raw <= 'Z' ? raw : base);
        } else if (raw == '_') {
            put_point(c->out, '_');
        }
    }
}

static void cut_word(Cutter *c, size_t first)
{
    Tokens *out = c->out;
    const size_t begin = out->n_plain;
    const bool is_alone = class_of(folded_at(c, first)) == ALONE;
    Letters word = {0};
    if (c->bytes) word = cut_ascii_letters(c);
    for (uint32_t base = 0;; c->at++) {
        const uint32_t folded = folded_at(c, c->at);
        if (!is_alone && (folded & (CLASS | DIGIT | SUPERSCRIPT)) == LETTER << 21) {
            put_point(out, base = plain_letter(folded & POINT));
            if (folded & UPPER) word.is_code |= word.n_letters > word.n_upper++;
            word.n_letters++;
        } else if (class_of(folded) == MARK) {
            if (!is_optional(base, folded & POINT)) put_point(out, folded & POINT);
        } else if (is_alone) {
            if (class_of(folded) != ALONE || c->at != first) break;
            put_point(out, base = folded & POINT);
        } else {
            const uint32_t raw = raw_at(c, c->at);
            const bool is_apostrophe = traits_of(c, raw) & APOSTROPHE;
            if (is_apostrophe && word.n_letters && is_letter_at(c, c->at + 1)) continue;
            if (raw != '_' || is_stress(c, c->at) || !is_word_at(c, c->at + 1)) break;
            put_point(out, '_');
            word.is_code = word.has_underscore = true;
        }
    }
    unsigned flags = label_here(c) | lower_between(c, first, c->at);
    if (word.has_underscore) keep_case(c, begin, first); /* case tells names in code apart */
    if (word.is_code || is_in_code(c, first)) flags |= CODE;
    if (folded_at(c, first) & UPPER && (word.n_upper < word.n_letters || word.n_letters == 1)) flags |= CAPITAL;
    add_token(c, begin, IS_WORD, first, flags);
}

static void cut_word_or_number(Cutter *c)
{
    const size_t first = c->at;
    const uint32_t folded = folded_at(c, first);
    if (folded & FRACTION) cut_fraction_or_power(c, first, FRACTION);
    else if (folded & SUPERSCRIPT) cut_fraction_or_power(c, first, SUPERSCRIPT);
    else if (folded & DIGIT) cut_number(c, first);
    else cut_word(c, first);
}

/* ---- Sentences ---- */

static void close_sentence(Cutter *c)
{
    if (c->out->n) c->out->items[c->out->n - 1].flags |= CLOSES;
    c->opens = true;
}

/* A blank line ends a sentence, and a line may begin with bullets and marks of quotation. */
static void end_line(Cutter *c)
{
    size_t at = c->at + 1;
    uint32_t traits;
    while ((traits = traits_at(c, at)) & SPACE && !(traits & LINE_END)) at++;
    bool is_pair = at == c->at + 1 && raw_at(c, c->at) == '\r' && raw_at(c, at) == '\n';
    if (traits & LINE_END && !is_pair) close_sentence(c);
    c->is_line_start = true;
}

/* Whether a letter of a script with capitals is none, so that it cannot begin a sentence. */
static bool is_lower(uint32_t folded)
{
    uint32_t point = folded & POINT;
    return class_of(folded) == LETTER && !(folded & UPPER) &&
           ((point >= 0x61 && point <= 0x7A) || (point >= 0xDF && point < 0x250) ||
            (point >= 0x3B1 && point <= 0x3C9) || (point >= 0x430 && point < 0x460));
}

/* A stop with a space, a quote or a bracket behind it ends a sentence, if what follows can begin one. */
static void end_sentence(Cutter *c)
{
    size_t at = c->at;
    if (at >= c->stops_end) {
        uint32_t traits;
        for (c->wide_at = 0; at < c->n && (traits = traits_at(c, at)) & (STOP | CLOSING); at++)
            if (traits & WIDE_STOP) c->wide_at = at + 1;
        c->stops_end = at;
    }
    const bool is_wide = c->wide_at > c->at;
    at = c->stops_end;
    if (!is_wide && !(traits_at(c, at) & SPACE)) return;
    if (at < c->word_from || at > c->word_at) {
        c->word_from = c->word_at = at;
        while (c->word_at < c->n && !is_word_at(c, c->word_at)) c->word_at++;
    }
    if (is_wide || c->word_at >= c->n || !is_lower(folded_at(c, c->word_at))) close_sentence(c);
}

/* ---- Separators and symbols ---- */

/* Operators that touch each other are one symbol. */
static size_t operators_from(const Cutter *c, size_t at)
{
    size_t length = 1;
    while (traits_at(c, at + length) & JOINED && !is_stress(c, at + length)) length++;
    return length;
}

/* A sign before a number, the dash of an option, or an arrow; other dashes are form. */
static size_t minus_length(const Cutter *c, bool is_edge)
{
    const size_t at = c->at;
    const uint32_t next = raw_at(c, at + 1);
    const bool is_hyphen = raw_at(c, at) == '-';
    if (next == '>') return 2;
    if (!is_edge) return 0;
    if (is_word_at(c, at + 1)) return is_hyphen || folded_at(c, at + 1) & (DIGIT | FRACTION) ? 1 : 0;
    if (is_hyphen && next == '-' && is_word_at(c, at + 2)) return 2;
    return next == '.' && is_digit_at(c, at + 2) ? 1 : 0;
}

/* A comparison or shift; brackets around a tag or an address are form. */
static size_t angle_length(const Cutter *c, uint32_t before, uint32_t after)
{
    const bool is_space_before = traits_of(c, before) & SPACE, is_space_after = traits_of(c, after) & SPACE;
    if (traits_of(c, before) & OPERATOR || after == '=' || after == '-' || after == '<' || after == '>')
        return operators_from(c, c->at);
    if (is_space_before && is_space_after) return 1;
    bool is_bracket = !is_space_before;
    if (raw_at(c, c->at) == '<') is_bracket = after == '/' || (!is_space_after && !is_word_at(c, c->at - 1));
    return is_bracket ? 0 : 1;
}

/* How many code points from here on make one symbol; 0 where the mark is form. */
static size_t symbol_length(const Cutter *c, uint32_t code, uint32_t traits)
{
    const size_t at = c->at;
    if (is_stress(c, at)) return 0;
    if (traits & QUESTION) return 1;
    if (traits & ALWAYS) return operators_from(c, at);
    const uint32_t before = raw_at(c, at - 1), after = raw_at(c, at + 1);
    const uint32_t traits_before = traits_of(c, before);
    const bool is_edge = traits_before & (SPACE | OPENING | EDGE) || (before == '*' && !is_stress(c, at - 1));
    const bool is_word_before = is_word_at(c, at - 1), is_word_after = is_word_at(c, at + 1);
    if (traits & MINUS) return minus_length(c, is_edge);
    switch (code) {
    case '<':
    case '>': return angle_length(c, before, after);
    case '+':
    case '=': return operators_from(c, at);
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}': return traits_before & SPACE && traits_of(c, after) & SPACE ? 1 : 0;
    case '*':
        if (traits_before & SPACE && traits_of(c, after) & SPACE) return 1;
        if (after == ')' || after == ',' || after == ';' || after == ']') return 1; /* fall through */
    case '#':
        return is_word_before || is_word_after || (traits_before | traits_of(c, after)) & OPERATOR
                   ? operators_from(c, at) : 0;
    case '/': /* behind < it ends a tag */
        return before != '<' && (is_word_after || after == '.' || after == '~' || after == '/')
                   ? operators_from(c, at) : 0;
    case '\\': return is_word_after ? 1 : 0;
    case '|': return after == '|' ? 2 : 0;
    case '!': return after == '=' ? operators_from(c, at) : is_edge && is_word_after ? 1 : 0;
    case '.': return is_edge && (is_word_after || after == '/' || after == '.') ? 1 : 0;
    case '_': return is_word_before || is_word_after ? 1 : 0;
    default: return 0;
    }
}

/* Pass over a bullet, heading mark, quotation mark or rule; they are form. */
static bool skip_marks_of_line(Cutter *c, uint32_t code, uint32_t traits)
{
    if (c->at >= c->run_end) {
        c->run_end = c->at + 1;
        while (c->run_end < c->n && raw_at(c, c->run_end) == code) c->run_end++;
    }
    const size_t end = c->run_end, length = end - c->at;
    const bool is_space_after = traits_at(c, end) & SPACE;
    const bool is_rule = (length >= 3 && (traits & DASH || !is_word_at(c, end))) ||
                         (code == '.' && length >= 2 && is_space_after);
    const bool is_bullet = traits & BULLET && is_space_after &&
                           (length == 1 || code == '#' || code == '>' || code == '/');
    if (!is_rule && !(c->is_line_start && (is_bullet || code == '>'))) return false;
    if (traits & STOP) end_sentence(c);
    c->at = end;
    return true;
}

/* Write the plain form of a code point of a symbol. */
static void put_symbol(const Cutter *c, uint32_t code)
{
    static const struct { uint16_t code; char spelled[3]; } signs[] = {
        {0x2190, "<-"}, {0x2192, "->"}, {0x21D2, "=>"}, {0x2260, "!="}, {0x2264, "<="}, {0x2265, ">="},
    };
    const uint32_t traits = traits_of(c, code), entry = code < 0x80 ? 0 : look_up(c->table, code);
    for (size_t i = 0; code >= 0x80 && i < sizeof signs / sizeof *signs; i++)
        if (signs[i].code == code) {
            put_point(c->out, (uint8_t)signs[i].spelled[0]);
            put_point(c->out, (uint8_t)signs[i].spelled[1]);
            return;
        }
    const bool is_own = class_of(entry) == EXPANDS || class_of(entry) == IGNORED || !(entry & POINT);
    put_point(c->out, traits & MINUS ? '-' : traits & QUESTION ? '?' : is_own ? code : entry & POINT);
}

static void cut_separator(Cutter *c)
{
    const uint32_t code = raw_at(c, c->at), traits = traits_of(c, code);
    if (traits & LINE_END) end_line(c);
    if (traits & (SPACE | QUOTE) || class_of(folded_at(c, c->at)) == MARK) {
        c->at++;
        return;
    }
    if (skip_marks_of_line(c, code, traits)) return;
    const size_t length = symbol_length(c, code, traits), first = c->at, begin = c->out->n_plain;
    if (!length) {
        if (traits & STOP) end_sentence(c);
        c->at++;
        return;
    }
    while (c->at < first + length) put_symbol(c, raw_at(c, c->at++));
    const bool is_question = c->out->n_plain - begin == 1 && c->out->plain[begin] == '?';
    add_token(c, begin, IS_SYMBOL, first, 0);
    if (is_question) end_sentence(c);
    c->is_line_start = false;
}

/* Cut a text into tokens, in place of those that `out` has; false when memory is short. */
static bool cut_tokens(Cutter *c, const uint8_t *start, const uint8_t *end, Tokens *out)
{
    const bool is_plain = is_plain_ascii(c, start, end);
    c->bytes = is_plain ? start : NULL;
    c->n = is_plain ? (size_t)(end - start) : 0;
    c->out = out;
    out->n = out->n_plain = 0;
    if (!is_plain && !lay_out_atoms(c, start, end)) return false;
    /* an atom gives one byte of ASCII or three of others, a power one more */
    uint8_t *plain = enlarged(out->plain, &out->plain_room, c->n * (is_plain ? 1 : 4) + 8, 1);
    if (!plain) return false;
    out->plain = plain;
    if (c->has_stress && !find_stress(c)) return false;
    c->at = c->run_end = c->stops_end = c->wide_at = c->word_at = 0;
    c->word_from = 1;
    c->opens = c->is_line_start = true;
    while (c->at < c->n && !c->out_of_memory) {
        if (is_word_at(c, c->at)) {
            cut_word_or_number(c);
            c->is_line_start = false;
        } else if (raw_at(c, c->at) == ' ') { /* by far the most frequent */
            c->at++;
        } else {
            cut_separator(c);
        }
    }
    if (out->n) out->items[out->n - 1].flags |= CLOSES;
    return !c->out_of_memory;
}

#endif
