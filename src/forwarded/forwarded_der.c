/* SPDX-License-Identifier: ISC */
#include "certificate/content.h"
#include "certificate/der.h"
#include "forwarded/forwarded_encodings.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum decoding encoding_refuse(struct certificates *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(out->reason, sizeof(out->reason), format, arguments) < 0)
        out->reason[0] = '\0';
    va_end(arguments);
    return DECODING_REFUSED;
}

void certificates_free(struct certificates *certificates)
{
    size_t i;

    if (certificates == NULL)
        return;
    for (i = 0; i < certificates->count; i++)
        OPENSSL_free(certificates->items[i].data);
    certificates->count = 0;
}

/* What DER that is whole holds instead of a certificate, by the first element inside of it. */
static enum decoding judge_inside(
    struct certificates *out, const unsigned char *inside, size_t length)
{
    if (length > 0 && inside[0] == DER_INTEGER)
        return encoding_refuse(out,
            "it is DER of a private key or of PKCS#12, not of a certificate: if it "
            "was a private key, replace that key");
    if (length > 0 && inside[0] == DER_OBJECT_IDENTIFIER)
        return encoding_refuse(out, "it is DER of a PKCS#7 container, not of a certificate");
    if (length == 0 || inside[0] != DER_SEQUENCE)
        return encoding_refuse(out, "it is DER, but not of a certificate (RFC 5280 section 4.1)");
    return DECODING_FINE;
}

static enum decoding judge_shape(struct certificates *out, const unsigned char *der, size_t length)
{
    struct der_element outer, next;
    size_t whole;

    if (length > 0 && der[0] == '-')
        return encoding_refuse(out, "it is base64 of PEM, not of DER");
    if (content_words(der, length) != NULL)
        return encoding_refuse(out, "it is %s", content_words(der, length));
    if (length == 0 || der[0] != DER_SEQUENCE)
        return encoding_refuse(out, "what its base64 holds is not a DER certificate (no SEQUENCE)");
    if (!der_read_element(der, length, &outer))
        return encoding_refuse(out,
            "what its base64 holds is not a DER certificate (its length cannot be "
            "read: it is cut off, or BER)");
    whole = outer.header + outer.content;
    if (whole > length)
        return encoding_refuse(out, "its DER is cut off: %zu of %zu bytes came", length, whole);
    if (whole < length) {
        if (der_read_element(der + whole, length - whole, &next) && next.tag == DER_SEQUENCE &&
            next.header + next.content == length - whole)
            return encoding_refuse(out, "a second certificate follows the certificate in its DER");
        return encoding_refuse(out, "data follows the certificate in its DER: %zu byte%s",
            length - whole, length - whole == 1 ? "" : "s");
    }
    if (length > CERTIFICATE_MAX_DER)
        return encoding_refuse(out, "its DER of %zu bytes is larger than the limit of %zu", length,
            CERTIFICATE_MAX_DER);
    return judge_inside(out, der + outer.header, outer.content);
}

/* Whether it may be the next one. */
static enum decoding judge_next(struct certificates *out, const unsigned char *der, size_t length)
{
    enum decoding result = judge_shape(out, der, length);

    if (result == DECODING_FINE && out->count == CERTIFICATES_MAX)
        return encoding_refuse(out, "more than %d certificates came", CERTIFICATES_MAX);
    return result;
}

enum decoding encoding_append_der(struct certificates *out, const unsigned char *der, size_t length)
{
    enum decoding result = judge_next(out, der, length);
    unsigned char *copy;

    if (result != DECODING_FINE)
        return result;
    copy = OPENSSL_memdup(der, length);
    if (copy == NULL)
        return DECODING_FAILED;
    out->items[out->count++] = (struct bytes){.data = copy, .length = length};
    return DECODING_FINE;
}

/* RFC 8941 section 4.2.7: a byte sequence without its padding is one, which RFC 4648 leaves to each
 * user. With one digit more than whole bytes it is cut off. */
static bool lacks_padding_alone(
    enum base64_result result, enum base64_space space, const struct bytes *bytes)
{
    return result == BASE64_CUT_OFF && space == BASE64_NO_SPACE && bytes->length % 3 != 0;
}

/* Decodes base64 into memory that the caller frees with OPENSSL_free. */
static enum decoding decode_bytes(
    struct certificates *out, struct cursor text, enum base64_space space, struct bytes *bytes)
{
    enum base64_result result;
    size_t length = cursor_left(&text);

    bytes->data = OPENSSL_malloc(BASE64_DECODED_MAX(length));
    if (bytes->data == NULL)
        return DECODING_FAILED;
    result = base64_decode(text.at, length, space, bytes->data, &bytes->length);
    if (lacks_padding_alone(result, space, bytes))
        result = BASE64_FINE;
    if (result == BASE64_FINE && bytes->length > 0)
        return DECODING_FINE;
    OPENSSL_free(bytes->data);
    bytes->data = NULL;
    if (result == BASE64_FINE)
        (void)encoding_refuse(out, "a certificate in it is empty");
    else
        (void)encoding_refuse(out, "its base64 %s", base64_words(result));
    return DECODING_REFUSED;
}

static bool has_either(const struct cursor *text, const char *one, const char *other)
{
    return cursor_contains(text, one) || cursor_contains(text, other);
}

/* base64url (RFC 4648 section 5), which HAProxy's ub64enc writes, is told by its two characters. */
enum decoding encoding_decode_base64(
    struct certificates *out, struct cursor text, struct bytes *bytes)
{
    enum decoding result;
    size_t count = 0;
    char *plain;

    if (!has_either(&text, "-", "_") || has_either(&text, "+", "/"))
        return decode_bytes(out, text, BASE64_SKIP_SPACE, bytes);
    plain = OPENSSL_malloc(cursor_left(&text) + 3);
    if (plain == NULL)
        return DECODING_FAILED;
    for (; cursor_left(&text) > 0; text.at++) {
        if (!cursor_is_space(*text.at))
            plain[count++] = (char)(*text.at == '-' ? '+' : *text.at == '_' ? '/' : *text.at);
    }
    for (; count % 4 > 1; count++)
        plain[count] = '=';
    result = decode_bytes(out, cursor_over(plain, count), BASE64_SKIP_SPACE, bytes);
    OPENSSL_free(plain);
    return result;
}

/* Appends what was decoded itself, or frees it. */
static enum decoding append_decoded(
    struct certificates *out, enum decoding result, const struct bytes *bytes)
{
    if (result == DECODING_FINE)
        result = judge_next(out, bytes->data, bytes->length);
    if (result == DECODING_FINE)
        out->items[out->count++] = *bytes;
    else
        OPENSSL_free(bytes->data);
    return result;
}

enum decoding encoding_append_base64(
    struct certificates *out, struct cursor text, enum base64_space space)
{
    struct bytes bytes = {.data = NULL};
    enum decoding result = decode_bytes(out, text, space, &bytes);

    return append_decoded(out, result, &bytes);
}

enum decoding encoding_append_base64_der(struct certificates *out, struct cursor text)
{
    struct bytes bytes = {.data = NULL};
    enum decoding result = encoding_decode_base64(out, text, &bytes);

    return append_decoded(out, result, &bytes);
}

enum decoding encoding_append_base64_chain(struct certificates *out, struct cursor text)
{
    struct bytes bytes = {.data = NULL};
    enum decoding result = encoding_decode_base64(out, text, &bytes);
    size_t at = 0;

    while (result == DECODING_FINE && at < bytes.length) {
        struct der_element element;
        size_t length = bytes.length - at;

        if (der_read_element(bytes.data + at, length, &element) &&
            element.header + element.content < length)
            length = element.header + element.content;
        result = encoding_append_der(out, bytes.data + at, length);
        at += length;
    }
    OPENSSL_free(bytes.data);
    return result;
}
