/* SPDX-License-Identifier: ISC */
#include "certificate/content.h"
#include "certificate/der.h"

#include <stdbool.h>
#include <string.h>

/* How a kind of file begins. */
static const struct {
    const char *magic;
    size_t length;
    const char *words;
} kinds[] = {
    {"\xFF\xFE\0\0", 4, "text in UTF-32: save it as ASCII or UTF-8"},
    {"\0\0\xFE\xFF", 4, "text in UTF-32: save it as ASCII or UTF-8"},
    {"\xFF\xFE", 2, "text in UTF-16: save it as ASCII or UTF-8"},
    {"\xFE\xFF", 2, "text in UTF-16: save it as ASCII or UTF-8"},
    {"-\0-\0", 4, "text in UTF-16: save it as ASCII or UTF-8"},
    {"\0-\0-", 4, "text in UTF-16: save it as ASCII or UTF-8"},
    {"\x1F\x8B", 2, "compressed with gzip: unpack it"},
    {"BZh", 3, "compressed with bzip2: unpack it"},
    {"\xFD"
     "7zXZ",
        5, "compressed with xz: unpack it"},
    {"\x28\xB5\x2F\xFD", 4, "compressed with zstd: unpack it"},
    {"PK\x03\x04", 4, "a ZIP archive: unpack it"},
    {"\xFE\xED\xFE\xED", 4,
        "a Java key store: export the certificate with keytool -exportcert -rfc"},
    {"\xCE\xCE\xCE\xCE", 4,
        "a Java key store: export the certificate with keytool -exportcert -rfc"},
    {"\0\0\0\0CERT", 8, "a certificate store of Windows (SST): export the certificate by itself"},
    {"ssh-", 4, "a key of OpenSSH, not an X.509 certificate"},
    {"<!DOCTYPE", 9, "a page in HTML, perhaps the error of a download"},
    {"<!doctype", 9, "a page in HTML, perhaps the error of a download"},
    {"<html", 5, "a page in HTML, perhaps the error of a download"},
    {"-----BEGIN%20", 13, "URL-encoded PEM: decode it"},
    {"ecdsa-sha2-", 11, "a key of OpenSSH, not an X.509 certificate"},
};

/* The content types of PKCS#7 and CMS begin with one of these object identifiers (RFC 5652 section
 * 3): 1.2.840.113549.1.7. */
static bool is_pkcs7(const unsigned char *bytes, size_t length)
{
    static const unsigned char type[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07};
    size_t header;

    if (length < 2 || bytes[0] != DER_SEQUENCE)
        return false;
    /* The length may be indefinite: browsers and older tools write BER. */
    header = bytes[1] <= 0x80 ? 2 : 2U + (bytes[1] & 0x7FU);
    return length >= header + 2 + sizeof(type) && bytes[header] == DER_OBJECT_IDENTIFIER &&
           memcmp(bytes + header + 2, type, sizeof(type)) == 0;
}

static bool take(struct der_span *from, unsigned char tag)
{
    struct der_span ignored;

    return der_take(from, tag, &ignored);
}

/* PKCS#8, PKCS#1 (nine integers) and SEC 1: RFC 5208 section 5, RFC 8017 appendix A.1.2, RFC 5915
 * section 3. */
static bool is_private_key(struct der_span key)
{
    int integers = 0;

    while (take(&key, DER_INTEGER))
        integers++;
    if (integers == 1 && take(&key, DER_SEQUENCE))
        return take(&key, DER_OCTET_STRING);
    return integers >= 9 || (integers == 1 && take(&key, DER_OCTET_STRING));
}

/* CertificationRequestInfo (RFC 2986 section 4.1): a Name follows the version, where a certificate
 * has an algorithm. */
static bool is_request(struct der_span request)
{
    struct der_span info, name;

    return der_take(&request, DER_SEQUENCE, &info) && take(&info, DER_INTEGER) &&
           der_take(&info, DER_SEQUENCE, &name) && (name.length == 0 || name.at[0] == DER_SET) &&
           take(&info, DER_SEQUENCE) && take(&request, DER_SEQUENCE) &&
           take(&request, DER_BIT_STRING);
}

/* Two elements: an algorithm, and the key that it is for or encrypts. */
static bool is_algorithm_and(struct der_span whole, unsigned char tag)
{
    return take(&whole, DER_SEQUENCE) && take(&whole, tag) && whole.length == 0;
}

static const char *der_words(struct der_span file)
{
    struct der_span content;

    if (!der_take(&file, DER_SEQUENCE, &content))
        return NULL;
    if (is_private_key(content) || is_algorithm_and(content, DER_OCTET_STRING))
        return "a private key: name the certificate, which is public";
    if (is_algorithm_and(content, DER_BIT_STRING))
        return "a public key alone: name the certificate, which has it in it";
    if (is_request(content))
        return "a certificate request: give the certificate that was made from it";
    return NULL;
}

/* Nothing but characters of this set and white space, beginning with `start`. */
static bool is_made_of(struct der_span text, const char *start, const char *set)
{
    size_t i, length = strlen(start);

    while (text.length > 0 && strchr(" \t\r\n", text.at[0]) != NULL && text.at[0] != '\0') {
        text.at++;
        text.length--;
    }
    if (text.length < length || memcmp(text.at, start, length) != 0)
        return false;
    for (i = 0; i < text.length; i++) {
        if (text.at[i] == '\0' || strchr(set, text.at[i]) == NULL)
            return false;
    }
    return true;
}

static bool contains(struct der_span text, const char *words)
{
    return memmem(text.at, text.length, words, strlen(words)) != NULL;
}

/* An armour line in which a word processor or a chat made dashes and spaces of its own. */
static bool has_typographic_armour(struct der_span text)
{
    static const size_t line = 128;

    if (text.length > line)
        text.length = line;
    return contains(text, "CERTIFICATE") && (contains(text, "\xE2\x80\x93"
                                                            "BEGIN") ||
                                                contains(text, "\xE2\x80\x94"
                                                               "BEGIN") ||
                                                contains(text, "BEGIN\xC2\xA0"));
}

#define DIGITS "0123456789"
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "+/= \t\r\n"

static const char *text_words(struct der_span file)
{
    if (is_made_of(file, "MI", BASE64))
        return "base64 alone: put its BEGIN and END lines around it, as -----BEGIN "
               "CERTIFICATE-----, or decode it (base64 -d)";
    if (is_made_of(file, "LS0tLS1C", BASE64))
        return "base64 of a PEM file: decode it (base64 -d)";
    if (is_made_of(file, "30", DIGITS "ABCDEFabcdef: \t\r\n"))
        return "hexadecimal: make bytes of it (xxd -r -p)";
    if (has_typographic_armour(file))
        return "PEM whose dashes or spaces a word processor changed: write -----BEGIN "
               "CERTIFICATE----- in plain ASCII";
    return NULL;
}

const char *content_words(const unsigned char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (length >= kinds[i].length && memcmp(bytes, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].words;
    }
    if (is_pkcs7(bytes, length))
        return "a PKCS#7 container: take the certificates out with openssl pkcs7 -print_certs";
    return NULL;
}

const char *content_file_words(const unsigned char *bytes, size_t length)
{
    const struct der_span file = {bytes, length};
    const char *words = content_words(bytes, length);

    if (words == NULL)
        words = der_words(file);
    return words != NULL ? words : text_words(file);
}
