/* SPDX-License-Identifier: ISC */
#include "rules/rules_line.h"
#include "rules/rules_values.h"

#include <stdlib.h>
#include <string.h>

/* Appends bytes to the user name: letters, digits and .-_@+:/ as they are, others as %XX. false
 * when it becomes too long. */
static bool append(char user[RULES_USER_MAX + 1], const void *bytes, size_t length)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+:/";
    static const char hex[] = "0123456789ABCDEF";
    size_t i, end = strlen(user);

    for (i = 0; i < length; i++) {
        unsigned char byte = ((const unsigned char *)bytes)[i];
        bool is_plain = byte != '\0' && strchr(plain, byte) != NULL;

        if (end + (is_plain ? 1 : 3) > RULES_USER_MAX)
            return false;
        if (is_plain) {
            user[end++] = (char)byte;
        } else {
            user[end++] = '%';
            user[end++] = hex[byte >> 4];
            user[end++] = hex[byte & 15];
        }
    }
    user[end] = '\0';
    return true;
}

/* What a user name is made of: the part of a name that counts. */
struct piece {
    const unsigned char *bytes;
    size_t length;
    bool found;
    bool several; /* different ones, or one that cannot be read */
};

static void take(struct piece *piece, const unsigned char *bytes, size_t length)
{
    if (!piece->found) {
        piece->bytes = bytes;
        piece->length = length;
        piece->found = true;
    } else if (piece->length != length ||
               (length > 0 && memcmp(piece->bytes, bytes, length) != 0)) {
        piece->several = true;
    }
}

static bool meets(const struct rules_name *name, const struct rules_value *value)
{
    size_t i;

    for (i = 0; i < name->met_count; i++) {
        if (name->met[i] == value->id)
            return true;
    }
    return false;
}

/* What the `*` of a value stood for in a name. */
static void take_star(
    struct piece *piece, const struct rules_value *value, const struct rules_name *name)
{
    size_t rest = value->bytes.length + 1; /* with the @, the dot or the slash */

    if (value->form == FORM_DOMAIN)
        take(piece, name->bytes.data, name->bytes.length - rest);
    else
        take(piece, name->bytes.data + rest, name->bytes.length - rest);
}

/* A name of the certificate, for each value that it meets. */
static void take_name(
    const struct rules_term *term, const struct rules_name *name, bool star, struct piece *piece)
{
    size_t i;

    for (i = 0; i < term->count; i++) {
        if (!meets(name, &term->values[i]))
            continue;
        if (name->unreadable)
            piece->several = true;
        else if (star)
            take_star(piece, &term->values[i], name);
        else
            take(piece, name->bytes.data, name->bytes.length);
    }
}

/* The names of the certificate that meet a term; with `star`, what the `*` stood for. */
static void take_term(const struct rules_subject *subject, const struct rules_term *term, bool star,
    struct piece *piece)
{
    size_t i;

    for (i = 0; i < subject->name_count; i++) {
        if (subject->names[i].key == term->key)
            take_name(term, &subject->names[i], star, piece);
    }
}

/* All names of one key. */
static void take_key(const struct rules_subject *subject, enum rules_key key, struct piece *piece)
{
    size_t i;

    for (i = 0; i < subject->name_count; i++) {
        const struct rules_name *name = &subject->names[i];

        if (name->key == key && name->unreadable)
            piece->several = true;
        else if (name->key == key)
            take(piece, name->bytes.data, name->bytes.length);
    }
}

static int compare_owner(const void *owner, const void *first)
{
    const uint32_t a = *(const uint32_t *)owner, b = ((const struct rules_first *)first)->owner;

    return a < b ? -1 : a > b;
}

/* The first line of a group or map that holds; NULL when none does. */
static const struct rules_line *first_line(
    const struct rules *rules, const struct rules_first *firsts, size_t count, uint32_t owner)
{
    const struct rules_first *first =
        count > 0 ? bsearch(&owner, firsts, count, sizeof(*firsts), compare_owner) : NULL;

    return first != NULL ? &rules->lines[first->line] : NULL;
}

/* The name by which a line, or a line of its group, was met. Groups nest 32 deep at the most. */
static void take_default(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_line *line, struct piece *piece)
{
    const struct rules_term *group = NULL;
    size_t i;

    while (line != NULL) {
        const struct rules_line *next = NULL;

        for (i = 0; i < line->who_count; i++) {
            if (line->terms[i].key >= KEY_FIRST_NAMING && line->terms[i].key <= KEY_LAST_NAMING) {
                take_term(subject, &line->terms[i], false, piece);
                return;
            }
        }
        group = rules_line_term(line, KEY_GROUP);
        for (i = 0; group != NULL && i < group->count && next == NULL; i++)
            next = first_line(rules, subject->groups, subject->group_count, group->values[i].id);
        line = next;
    }
}

static void take_line(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_line *line, struct piece *piece)
{
    size_t i;

    switch (line->user.kind) {
    case USER_LITERAL:
        take(piece, (const unsigned char *)line->user.literal, strlen(line->user.literal));
        break;
    case USER_KEY:
        take_key(subject, line->user.key, piece);
        break;
    case USER_STAR:
        for (i = 0; i < line->who_count; i++) {
            /* Every value of such a key is a pattern, or none is. */
            if (rules_key_has_patterns(line->terms[i].key) &&
                line->terms[i].values[0].form != FORM_EXACT)
                take_term(subject, &line->terms[i], true, piece);
        }
        break;
    case USER_DEFAULT:
        take_default(rules, subject, line, piece);
        break;
    case USER_MAP:
    default:
        break;
    }
}

bool rules_user(const struct rules *rules, const struct rules_subject *subject, size_t index,
    char user[RULES_USER_MAX + 1])
{
    const struct rules_line *line = rules->rule_lines[index];
    struct piece piece = {.found = false};

    user[0] = '\0';
    if (line->user.kind == USER_MAP)
        line = first_line(rules, subject->maps, subject->map_count, line->user.map);
    if (line != NULL)
        take_line(rules, subject, line, &piece);
    if (piece.found && !piece.several && append(user, piece.bytes, piece.length) && user[0] != '\0')
        return true;
    user[0] = '\0';
    return false;
}
