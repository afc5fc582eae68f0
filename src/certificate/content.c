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
    {"ssh-", 4, "a key of OpenSSH, not an X.509 certificate"},
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
