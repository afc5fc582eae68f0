/* SPDX-License-Identifier: ISC */
#include "certificate/shown.h"

#include <ctype.h>
#include <openssl/objects.h>

/* What one step appends at the most: a word of ours or of libcrypto's table of objects. */
#define UNIT_MAX 128

char *shown_take(struct shown *shown)
{
    return text_take(&shown->text);
}

/* To be called after each character: cuts what has become too long. */
static void settle(struct shown *shown)
{
    if (shown->text.length <= IDENTITY_MAX_NAME_BYTES - 3) {
        shown->boundary = shown->text.length;
    } else if (shown->text.length > IDENTITY_MAX_NAME_BYTES) {
        shown->text.length = shown->boundary;
        text_append_string(&shown->text, "...");
        shown->cut = true;
    }
}

bool shown_is_open(struct shown *shown)
{
    shown->text.limit = IDENTITY_MAX_NAME_BYTES + UNIT_MAX;
    return !shown->cut && !shown->text.failed;
}

void shown_word(struct shown *shown, const char *word)
{
    if (!shown_is_open(shown))
        return;
    text_append_string(&shown->text, word);
    settle(shown);
}

void shown_hex(struct shown *shown, const unsigned char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length && shown_is_open(shown); i++) {
        text_append_hex(&shown->text, &bytes[i], 1, true, '\0');
        settle(shown);
    }
}

size_t shown_plain(struct shown *shown, const unsigned char *bytes, size_t length)
{
    size_t most = IDENTITY_MAX_NAME_BYTES - 3, plain = 0;

    while (shown->text.length + plain < most && plain < length && isascii(bytes[plain]) &&
           isalnum(bytes[plain]))
        plain++;
    text_append(&shown->text, bytes, plain);
    settle(shown);
    return plain;
}

void shown_character(struct shown *shown, const unsigned char *utf8, size_t size, bool backslash)
{
    if (!shown_is_open(shown))
        return;
    if (backslash)
        text_append(&shown->text, "\\", 1);
    if (text_append_shown(&shown->text, utf8, size))
        shown->replaced = true;
    settle(shown);
}

void shown_ascii(struct shown *shown, const unsigned char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length && shown_is_open(shown); i++) {
        i += shown_plain(shown, bytes + i, length - i);
        /* Byte by byte, a part of a longer UTF-8 character is malformed and so comes as \XX. */
        if (i < length)
            shown_character(shown, &bytes[i], 1, false);
    }
}

/* A number of an object identifier, its decimal digits, the lowest first. */
struct arc {
    unsigned char digits[40];
    size_t count;
};

/* number = number * 128 + more. False when it has no room. */
static bool arc_append(struct arc *arc, unsigned more)
{
    unsigned carry = more;
    size_t i;

    for (i = 0; i < arc->count; i++) {
        carry += arc->digits[i] * 128U;
        arc->digits[i] = (unsigned char)(carry % 10);
        carry /= 10;
    }
    while (carry != 0) {
        if (arc->count == sizeof(arc->digits))
            return false;
        arc->digits[arc->count++] = (unsigned char)(carry % 10);
        carry /= 10;
    }
    return true;
}

/* number = number - 40 * root, which the number is known not to be below of. */
static void arc_split_root(struct arc *arc, unsigned *root)
{
    unsigned low = arc->count > 0 ? arc->digits[0] : 0;
    size_t i;

    if (arc->count > 1)
        low += arc->digits[1] * 10U;
    *root = arc->count > 2 || low >= 80 ? 2 : low / 40;
    /* 40 and 80 leave the lowest digit alone: borrow from the next. */
    for (i = 1; i < arc->count && *root != 0; i++) {
        unsigned take = i == 1 ? *root * 4 : 1;

        if (arc->digits[i] >= take) {
            arc->digits[i] = (unsigned char)(arc->digits[i] - take);
            break;
        }
        arc->digits[i] = (unsigned char)(arc->digits[i] + 10 - take);
    }
    while (arc->count > 0 && arc->digits[arc->count - 1] == 0)
        arc->count--;
}

/* Writes the number, and the dot before it. */
static void shown_arc(struct shown *shown, const struct arc *arc)
{
    char digits[sizeof(arc->digits) + 3] = ".";
    size_t i, length = 1;

    for (i = arc->count; i > 0; i--)
        digits[length++] = (char)('0' + arc->digits[i - 1]);
    if (arc->count == 0)
        digits[length++] = '0';
    digits[length] = '\0';
    shown_word(shown, digits);
}

static bool oid_is_dotted(const unsigned char *content, size_t length)
{
    struct arc arc = {.count = 0};
    size_t i;

    for (i = 0; i < length; i++) {
        if (!arc_append(&arc, content[i] & 0x7FU))
            return false;
        if ((content[i] & 0x80) == 0)
            arc.count = 0;
    }
    return length > 0 && (content[length - 1] & 0x80) == 0;
}

void shown_oid(struct shown *shown, const ASN1_OBJECT *object)
{
    static const char *const roots[] = {"0", "1", "2"};
    const unsigned char *content = OBJ_get0_data(object);
    size_t i, length = OBJ_length(object);
    struct arc arc = {.count = 0};
    bool first = true;

    if (!oid_is_dotted(content, length)) {
        shown_word(shown, "#");
        shown_hex(shown, content, length);
        return;
    }
    for (i = 0; i < length; i++) {
        (void)arc_append(&arc, content[i] & 0x7FU);
        if ((content[i] & 0x80) != 0)
            continue;
        if (first) {
            unsigned root = 0;

            arc_split_root(&arc, &root);
            shown_word(shown, roots[root]);
            first = false;
        }
        shown_arc(shown, &arc);
        arc.count = 0;
    }
}

void shown_type(struct shown *shown, const ASN1_OBJECT *object)
{
    int nid = OBJ_obj2nid(object);

    if (nid != NID_undef)
        shown_word(shown, OBJ_nid2sn(nid));
    else
        shown_oid(shown, object);
}
