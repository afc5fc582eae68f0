/* SPDX-License-Identifier: ISC */
#include "certificate/content.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(string) (const unsigned char *)(string), sizeof(string) - 1

#define INTEGER3 "\x02\x01\x01\x02\x01\x01\x02\x01\x01"

Test(content, kinds_of_files_are_told_by_how_they_begin)
{
    static const struct {
        const unsigned char *bytes;
        size_t length;
        const char *words; /* NULL: none of them */
    } cases[] = {
        {BYTES("\xFF\xFE\0\0-\0\0\0"), "UTF-32"},
        {BYTES("\0\0\xFE\xFF\0\0\0-"), "UTF-32"},
        {BYTES("\xFF\xFE-\0-\0"), "UTF-16"},
        {BYTES("\xFE\xFF\0-\0-"), "UTF-16"},
        {BYTES("-\0-\0"), "UTF-16"},
        {BYTES("\0-\0-"), "UTF-16"},
        {BYTES("\x1F\x8B\x08"), "gzip"},
        {BYTES("BZh9"), "bzip2"},
        {BYTES("\xFD"
               "7zXZ"),
            "xz"},
        {BYTES("\x28\xB5\x2F\xFD"), "zstd"},
        {BYTES("PK\x03\x04"), "ZIP"},
        {BYTES("\xFE\xED\xFE\xED"), "keytool"},
        {BYTES("\xCE\xCE\xCE\xCE"), "keytool"},
        {BYTES("ssh-rsa AAAA"), "OpenSSH"},
        {BYTES("ecdsa-sha2-nistp256 AAAA"), "OpenSSH"},
        {BYTES("\x30\x82\x01\0\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), "PKCS#7"},
        {BYTES("\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), "PKCS#7"},
        {BYTES("\x30\x0B\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), "PKCS#7"},
        {BYTES("\x30\x0B\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x09\x02"), NULL},
        {BYTES("\x30\x80\x06\x09\x2A\x86\x48"), NULL},
        {BYTES("\x30\x09\x02\x01\0\x30\x02\x06\0\x04\0"), "private key"}, /* PKCS#8 */
        {BYTES("\x30\x05\x02\x01\x01\x04\0"), "private key"},             /* SEC 1 */
        {BYTES("\x30\x06\x30\x02\x06\0\x04\0"), "private key"},           /* encrypted */
        {BYTES("\x30\x1B" INTEGER3 INTEGER3 INTEGER3), "private key"},    /* PKCS#1 */
        {BYTES("\x30\x12" INTEGER3 INTEGER3), NULL},
        {BYTES("\x30\x06\x30\x02\x06\0\x03\0"), "public key"},
        {BYTES("\x30\x08\x30\x02\x06\0\x03\0\x05\0"), NULL},
        {BYTES("\x30\x0D\x30\x07\x02\x01\0\x30\0\x30\0\x30\0\x03\0"), "request"},
        {BYTES("\x30\x0F\x30\x09\x02\x01\0\x30\x02\x31\0\x30\0\x30\0\x03\0"), "request"},
        {BYTES("\x30\x0F\x30\x09\x02\x01\0\x30\x02\x06\0\x30\0\x30\0\x03\0"), NULL},
        {BYTES("MIIBszCCAVmgAwIBAgI=\r\n"), "base64 alone"},
        {BYTES(" \nMIIB"), "base64 alone"},
        {BYTES("MIIB and more."), NULL},
        {BYTES("MIIB\0"), NULL},
        {BYTES("LS0tLS1CRUdJTiBDRVJU"), "base64 of a PEM file"},
        {BYTES("30:82:01:0a"), "hexadecimal"},
        {BYTES("3082010A\n"), "hexadecimal"},
        {BYTES("30 ways"), NULL},
        {BYTES("<!DOCTYPE html>"), "HTML"},
        {BYTES("<html>"), "HTML"},
        {BYTES("-----BEGIN%20CERT"), "URL-encoded"},
        {BYTES("\0\0\0\0CERT\0\0"), "SST"},
        {BYTES("\xE2\x80\x94\xE2\x80\x94"
               "BEGIN CERTIFICATE\xE2\x80\x94"),
            "word processor"},
        {BYTES("\xE2\x80\x93\xE2\x80\x93"
               "BEGIN CERTIFICATE\xE2\x80\x93"),
            "word processor"},
        {BYTES("-----BEGIN\xC2\xA0"
               "CERTIFICATE-----"),
            "word processor"},
        {BYTES("-----BEGIN\xC2\xA0"), NULL},
        {BYTES("ssh"), NULL},
        {BYTES("-----BEGIN"), NULL},
        {BYTES(""), NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* An exact copy, so that a sanitizer sees a read beyond. */
        unsigned char *copy = malloc(cases[i].length + 1);
        const char *words;

        memcpy(copy + 1, cases[i].bytes, cases[i].length);
        words = content_file_words(copy + 1, cases[i].length);
        if (cases[i].words == NULL)
            cr_expect_null(words, "case %zu: %s", i, words);
        else
            cr_expect(words != NULL && strstr(words, cases[i].words) != NULL, "case %zu: %s", i,
                words != NULL ? words : "none");
        free(copy);
    }
}

Test(content, a_certificate_is_none_of_them)
{
    struct pki *ca = pki_ca("CN=CA");
    size_t length = 0;
    unsigned char *der = pki_der(ca->certificate, &length);

    cr_expect_null(content_file_words(der, length));
    cr_expect_null(content_words(der, length));
    free(der);
    pki_free(ca);
}

/* What a front sends is no file: advice about files does not help there. */
Test(content, what_tells_of_files_alone_is_left_out_elsewhere)
{
    cr_expect_null(content_words(BYTES("MIIBszCCAVmgAwIBAgI=")));
    cr_expect_null(content_words(BYTES("\x30\x05\x02\x01\x01\x04\0")));
    cr_expect_not_null(content_words(BYTES("\x1F\x8B\x08")));
}
