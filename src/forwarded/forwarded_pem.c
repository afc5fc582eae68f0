/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "forwarded/percent.h"

#include <openssl/crypto.h>
#include <string.h>

/* Labels longer than any known one are not worth telling. */
#define MAX_LABEL 40

/* The armour of RFC 7468 section 2. */
static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char close_mark[] = "-----";

const char encoding_private_key_words[] =
    "it holds a private key, which must never be sent: replace that key and its certificate, and "
    "see to the front's configuration";

/* What operators forward instead of a certificate. */
static const struct {
    const char *label;
    const char *words;
} known_labels[] = {
    {"CERTIFICATE REQUEST", "a certificate request (CSR), not the certificate made from it"},
    {"NEW CERTIFICATE REQUEST", "a certificate request (CSR), not the certificate made from it"},
    {"TRUSTED CERTIFICATE", "a TRUSTED CERTIFICATE of OpenSSL, not a plain CERTIFICATE"},
    {"PKCS7", "a PKCS#7 container, not a certificate"},
    {"CMS", "a PKCS#7 (CMS) container, not a certificate"},
    {"X509 CRL", "a revocation list (CRL), not a certificate"},
    {"PUBLIC KEY", "a public key, not a certificate"},
    {"RSA PUBLIC KEY", "a public key, not a certificate"},
    {"EC PARAMETERS", "parameters of an EC key, not a certificate"},
    {"DH PARAMETERS", "Diffie-Hellman parameters, not a certificate"},
};

/* Moves past a mark; with `form_rules` its space may be a `+`. */
static bool skip_mark(struct cursor *at, const char *mark, bool form_rules)
{
    size_t word = strlen(mark) - 1;

    if (cursor_skip(at, mark))
        return true;
    if (!form_rules || cursor_left(at) <= word || memcmp(at->at, mark, word) != 0 ||
        at->at[word] != '+')
        return false;
    at->at += word + 1;
    return true;
}

/* Reads an armour line from behind its mark. False when the line is cut off or its label is not one
 * of RFC 7468 section 3 (upper-case words and digits), which then tells nothing either. */
static bool read_label(struct cursor *at, bool form_rules, char label[MAX_LABEL + 1])
{
    struct cursor words = cursor_take_until(at, "-");
    size_t length = cursor_left(&words), i;

    label[0] = '\0';
    if (!cursor_skip(at, close_mark) || length == 0 || length > MAX_LABEL)
        return false;
    for (i = 0; i < length; i++) {
        char letter = words.at[i];

        if (letter == '+' && form_rules)
            letter = ' ';
        if (!(letter >= 'A' && letter <= 'Z') && !(letter >= '0' && letter <= '9') && letter != ' ')
            return false;
        label[i] = letter;
    }
    label[length] = '\0';
    return true;
}

static bool is_private_key(const char *label)
{
    static const char words[] = "PRIVATE KEY";
    size_t length = strlen(label);

    return length >= sizeof(words) - 1 && strcmp(label + length - (sizeof(words) - 1), words) == 0;
}

static enum decoding refuse_label(struct certificates *out, const char *label)
{
    size_t i;

    if (is_private_key(label))
        return encoding_refuse(out, "%s", encoding_private_key_words);
    for (i = 0; i < sizeof(known_labels) / sizeof(known_labels[0]); i++) {
        if (strcmp(label, known_labels[i].label) == 0)
            return encoding_refuse(out, "it is %s", known_labels[i].words);
    }
    return encoding_refuse(out, "it is PEM of a '%s', not of a certificate", label);
}

/* Reads one certificate with its armour. The grammar is RFC 7468's laxtextualmsg (section 3): white
 * space of any kind and amount, or none, takes the place of line ends; nginx puts a tab behind each
 * and header fields cannot hold them. */
static enum decoding read_block(struct cursor *at, bool form_rules, struct certificates *out)
{
    char label[MAX_LABEL + 1];
    struct cursor body;

    if (cursor_left(at) == 0)
        return encoding_refuse(out, "a certificate in it is empty");
    if (!skip_mark(at, begin_mark, form_rules))
        return encoding_refuse(out,
            cursor_left(at) < strlen(begin_mark) && memcmp(at->at, begin_mark, cursor_left(at)) == 0
                ? "it is PEM cut off in its BEGIN line"
                : "it does not begin with -----BEGIN CERTIFICATE-----");
    if (!read_label(at, form_rules, label))
        return encoding_refuse(out, "the BEGIN line of the PEM is cut off or broken");
    if (strcmp(label, "CERTIFICATE") != 0)
        return refuse_label(out, label);
    body = cursor_take_until(at, "-");
    if (cursor_left(at) == 0)
        return encoding_refuse(out, "it is truncated PEM: the END line is missing");
    if (!skip_mark(at, end_mark, form_rules) || !read_label(at, form_rules, label))
        return encoding_refuse(
            out, cursor_starts(at, "-----BEGIN")
                     ? "it is truncated PEM: another BEGIN comes before the END line"
                     : "it is truncated PEM: the END line is cut off or broken");
    if (strcmp(label, "CERTIFICATE") != 0)
        return encoding_refuse(out, "the END line of the PEM is that of something else");
    return encoding_append_base64(out, body, BASE64_SKIP_SPACE);
}

/* What follows the last certificate that may be there. */
static enum decoding refuse_rest(struct certificates *out, struct cursor rest, bool form_rules)
{
    char label[MAX_LABEL + 1];
    size_t count = cursor_left(&rest);

    if (!skip_mark(&rest, begin_mark, form_rules) || !read_label(&rest, form_rules, label))
        return encoding_refuse(
            out, "data follows the certificate: %zu byte%s", count, count == 1 ? "" : "s");
    if (strcmp(label, "CERTIFICATE") == 0)
        return out->count > 1
                   ? encoding_refuse(out, "more than %d certificates came", CERTIFICATES_MAX)
                   : encoding_refuse(out, "a second certificate follows the certificate");
    if (is_private_key(label))
        return encoding_refuse(out, "%s", encoding_private_key_words);
    return encoding_refuse(out, "a '%s' follows the certificate", label);
}

enum decoding encoding_append_pem(
    struct certificates *out, struct cursor text, size_t most, bool form_rules)
{
    size_t read = 0;
    enum decoding result;

    cursor_skip_space(&text);
    do {
        if (read == most || (read > 0 && !cursor_starts(&text, "-----BEGIN")))
            return refuse_rest(out, text, form_rules);
        result = read_block(&text, form_rules, out);
        if (result != DECODING_FINE)
            return result;
        read++;
        cursor_skip_space(&text);
    } while (cursor_left(&text) > 0);
    return DECODING_FINE;
}

enum decoding encoding_append_url_pem(struct certificates *out, struct cursor text, size_t most)
{
    char *decoded = OPENSSL_malloc(cursor_left(&text) + 1);
    enum decoding result = DECODING_FAILED;
    size_t length = 0;

    if (decoded == NULL)
        return DECODING_FAILED;
    if (percent_decode(text.at, cursor_left(&text), decoded, &length))
        result = encoding_append_pem(out, cursor_over(decoded, length), most, true);
    else
        result = encoding_refuse(out,
            "its URL-encoding is broken or cut off: a %% without two hexadecimal "
            "digits");
    OPENSSL_free(decoded);
    return result;
}

/* Whether decoded bytes are PEM, behind white space; *text gets where it begins. */
static bool is_pem(const struct bytes *bytes, struct cursor *text)
{
    *text = cursor_over((const char *)bytes->data, bytes->length);
    cursor_skip_space(text);
    return cursor_starts(text, "-----BEGIN");
}

enum decoding encoding_append_base64_any(struct certificates *out, struct cursor text)
{
    struct bytes bytes = {.data = NULL};
    enum decoding result = encoding_decode_base64(out, text, &bytes);
    struct cursor pem;

    out->encoding = "base64 DER";
    if (result == DECODING_FINE && is_pem(&bytes, &pem)) {
        out->encoding = "base64 PEM";
        result = encoding_is_nothing(pem.at, cursor_left(&pem))
                     ? DECODING_BLANK
                     : encoding_append_pem(out, pem, 1, false);
    } else if (result == DECODING_FINE) {
        result = encoding_append_der(out, bytes.data, bytes.length);
    }
    OPENSSL_clear_free(bytes.data, bytes.length);
    return result;
}
