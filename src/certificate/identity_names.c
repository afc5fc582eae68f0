/* SPDX-License-Identifier: ISC */
#include "certificate/identity_names.h"
#include "base/utf8.h"
#include "certificate/alloc_watch.h"

#include <ctype.h>
#include <openssl/asn1.h>
#include <string.h>

/* Characters of ASCII are themselves in the first three. */
enum value_kind { KIND_ASCII, KIND_LATIN1, KIND_UTF8, KIND_UCS2, KIND_UCS4, KIND_NO_STRING };

static enum value_kind kind_of(int asn1_type)
{
    switch (asn1_type) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_GENERALSTRING:
        return KIND_ASCII;
    case V_ASN1_T61STRING:
        return KIND_LATIN1;
    case V_ASN1_UTF8STRING:
        return KIND_UTF8;
    case V_ASN1_BMPSTRING:
        return KIND_UCS2;
    case V_ASN1_UNIVERSALSTRING:
        return KIND_UCS4;
    default:
        return KIND_NO_STRING;
    }
}

struct character {
    unsigned char utf8[6];
    size_t size;
};

/* Takes one character from the value. Returns how many bytes of it that were, 0 when there is no
 * character of this kind. */
static size_t take_character(
    enum value_kind kind, const unsigned char *at, size_t left, struct character *character)
{
    unsigned long code = at[0];
    size_t taken = 1;
    int size;

    if (kind == KIND_UTF8) {
        taken = utf8_decode(at, left, &code);
        character->size = taken != 0 ? taken : 1;
        memcpy(character->utf8, at, character->size);
        return character->size;
    }
    if (kind == KIND_UCS2) {
        taken = 2;
        if (left >= taken)
            code = (code << 8) | at[1];
    } else if (kind == KIND_UCS4) {
        taken = 4;
        if (left >= taken)
            code =
                (code << 24) | ((unsigned long)at[1] << 16) | ((unsigned long)at[2] << 8) | at[3];
    }
    if (taken > left || (kind == KIND_ASCII && code > 0x7F) || code > 0x10FFFF)
        return 0;
    size = UTF8_putc(character->utf8, (int)sizeof(character->utf8), code);
    if (size <= 0)
        return 0;
    character->size = (size_t)size;
    return taken;
}

static bool is_well_formed(enum value_kind kind, const unsigned char *at, size_t left)
{
    struct character character;

    if (kind == KIND_NO_STRING)
        return false;
    while (left > 0) {
        size_t taken =
            kind <= KIND_UTF8 && at[0] < 0x80 ? 1 : take_character(kind, at, left, &character);

        if (taken == 0)
            return false;
        at += taken;
        left -= taken;
    }
    return true;
}

/* RFC 2253 section 2.4. */
static bool needs_backslash(char character, bool first, bool last)
{
    if (character == ' ')
        return first || last;
    if (character == '#')
        return first;
    return character != '\0' && strchr(",+\"<>;", character) != NULL;
}

static enum error_kind shown_der(
    struct shown *shown, const ASN1_STRING *value, enum shown_form form)
{
    unsigned char *der = NULL;
    int length = i2d_ASN1_PRINTABLE(value, &der);

    if (length < 0)
        return alloc_watch_error_kind(ERROR_LIBRARY);
    shown_word(shown, form == SHOWN_NAME ? "#" : "\\#");
    shown_hex(shown, der, (size_t)length);
    OPENSSL_free(der);
    return shown->text.failed ? ERROR_MEMORY : ERROR_NONE;
}

enum error_kind shown_value(struct shown *shown, const ASN1_STRING *value, enum shown_form form)
{
    const unsigned char *at = ASN1_STRING_get0_data(value);
    size_t left = (size_t)ASN1_STRING_length(value);
    enum value_kind kind = kind_of(ASN1_STRING_type(value));
    bool first = true;

    if (!is_well_formed(kind, at, left)) {
        if (kind != KIND_NO_STRING)
            shown->replaced = true;
        return shown_der(shown, value, form);
    }
    while (left > 0 && shown_is_open(shown)) {
        struct character character = {.size = 0};
        size_t taken = kind <= KIND_UTF8 ? shown_plain(shown, at, left) : 0;

        if (taken == 0) {
            taken = take_character(kind, at, left, &character);
            shown_character(shown, character.utf8, character.size,
                form == SHOWN_NAME && character.size == 1 &&
                    needs_backslash((char)character.utf8[0], first, taken == left));
        }
        at += taken;
        left -= taken;
        first = false;
    }
    return shown->text.failed ? ERROR_MEMORY : ERROR_NONE;
}

enum error_kind shown_name(struct shown *shown, const X509_NAME *name)
{
    enum error_kind failure = ERROR_NONE;
    int i, last = X509_NAME_entry_count(name) - 1;
    int set = -1;

    for (i = last; i >= 0 && failure == ERROR_NONE && shown_is_open(shown); i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

        if (i != last)
            shown_word(shown, X509_NAME_ENTRY_set(entry) == set ? "+" : ",");
        set = X509_NAME_ENTRY_set(entry);
        shown_type(shown, X509_NAME_ENTRY_get_object(entry));
        shown_word(shown, "=");
        failure = shown_value(shown, X509_NAME_ENTRY_get_data(entry), SHOWN_NAME);
    }
    if (failure == ERROR_NONE && shown->text.failed)
        failure = ERROR_MEMORY;
    return failure;
}

char *identity_name(const X509_NAME *name, struct error *error)
{
    struct shown shown = {.cut = false};
    bool failed_before = alloc_watch_failed();
    enum error_kind failure = shown_name(&shown, name);
    char *string = NULL;

    /* Not cleared here: the caller may be in the middle of judging. */
    if (failure == ERROR_NONE && !failed_before && alloc_watch_failed())
        failure = ERROR_MEMORY;
    if (failure == ERROR_NONE) {
        string = shown_take(&shown);
        if (string == NULL)
            failure = ERROR_MEMORY;
    }
    if (failure == ERROR_MEMORY)
        error_set(error, failure, "out of memory while reading a name");
    else if (failure != ERROR_NONE)
        error_set(error, failure, "libcrypto failed to read a name");
    text_free(&shown.text);
    return string;
}

void identity_cut(char *buffer, size_t size, const char *shown)
{
    const unsigned char *at = (const unsigned char *)shown;
    size_t length = strlen(shown), kept = 0, next = 0;

    if (length < size) {
        memcpy(buffer, shown, length + 1);
        return;
    }
    while (next + 4 <= size) {
        unsigned long code = 0;

        kept = next;
        /* \XX is an escaped byte, a backslash before any other character escapes that one. */
        if (at[next] == '\\' && isxdigit(at[next + 1]) && isxdigit(at[next + 2]))
            next += 3;
        else if (at[next] == '\\')
            next += 2;
        else
            next += utf8_decode(&at[next], length - next, &code);
        if (next == kept)
            break;
    }
    memcpy(buffer, shown, kept);
    memcpy(buffer + kept, "...", 4);
}
