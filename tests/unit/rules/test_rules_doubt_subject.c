/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Parts of the subject that two programs may read as two. */
TestSuite(rules_doubt_subject, .init = rules_world_make, .fini = rules_world_free);

/* `denied` is the value of the deny line 2 for a subject O=Acme and this part. */
static void try_part(const char *denied, const char *type, int asn1_type, const char *bytes,
    size_t length, const char *wanted)
{
    X509_NAME *name = X509_NAME_new();
    const struct pki_spec spec = {.subject_name = name};
    char text[200], words[700];

    pki_name_add(name, "O", V_ASN1_UTF8STRING, "Acme", 4, false);
    pki_name_add(name, type, asn1_type, bytes, length, false);
    (void)snprintf(text, sizeof(text), "issuer acme acme.cer\ndeny %s\nallow any user=x\n", denied);
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, wanted, "deny %s, %s: came %s", denied, bytes, words);
    (void)snprintf(text, sizeof(text), "issuer acme acme.cer\nallow %s user=x\n", denied);
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, "no no_rule", "allow %s, %s: came %s", denied, bytes, words);
    X509_NAME_free(name);
}

/* A program written in C ends a name at a NUL. */
Test(rules_doubt_subject, a_part_of_the_subject_with_control_characters_is_denied_as_anything)
{
    static const char dn[] = "dn=\"CN=b,O=Acme\"";

    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "b\0c", 3, "no 2");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "\x1f", 1, "no 2");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c\x7f", 2, "no 2");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c\x08", 2, "no 2");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c\x0e", 2, "no 2");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c\tc", 3, "yes 3 x");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c\rc", 3, "yes 3 x");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "c c", 3, "yes 3 x");
    try_part("cn=b", "OU", V_ASN1_UTF8STRING, "b\0c", 3, "yes 3 x");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "", 0, "yes 3 x");
    try_part(dn, "CN", V_ASN1_UTF8STRING, "b\0c", 3, "no 2");
    try_part(dn, "title", V_ASN1_UTF8STRING, "\x01", 1, "no 2");
    try_part(dn, "CN", V_ASN1_UTF8STRING, "c", 1, "yes 3 x");
    try_part(dn, "CN", V_ASN1_UTF8STRING, "", 0, "yes 3 x");
}

/* RFC 4518 section 2.2: a program that prepares names reads "b" there, or "b b". */
Test(rules_doubt_subject,
    a_part_of_the_subject_with_characters_that_cannot_be_seen_is_denied_as_anything)
{
    static const char *const odd[] = {"b\u200b", "b\u00ad", "\u2060b", "b\u200db", "b\ufe0f",
        "\ufeffb", "b\u00a0b", "b\u3000", "b\u202eb", "b\xc2\x80", "b\U0001d173", "\U0001bca0b",
        "b\u1806b", "b\u06dd", "\u070fb", "\ufffcb", "b\u2800b", "b\U0001d159"};
    static const char *const plain[] = {"c\u00e4", "\u0431", "c\u2010", "c\u00a1", "c \u4e2d",
        "\u0641\u064e", "\u0939\u093f\u0928\u094d", "\uac00", "c\u0301", "\u182e\u1823"};
    size_t i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        try_part("cn=b", "CN", V_ASN1_UTF8STRING, odd[i], strlen(odd[i]), "no 2");
        try_part("dn=\"CN=b,O=Acme\"", "CN", V_ASN1_UTF8STRING, odd[i], strlen(odd[i]), "no 2");
        try_part("cn=b", "OU", V_ASN1_UTF8STRING, odd[i], strlen(odd[i]), "yes 3 x");
    }
    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        try_part("cn=b", "CN", V_ASN1_UTF8STRING, plain[i], strlen(plain[i]), "yes 3 x");
    /* The same in other types of string. */
    try_part("cn=b", "CN", V_ASN1_BMPSTRING, "\0b\x20\x0b", 4, "no 2");
    try_part("cn=b", "CN", V_ASN1_T61STRING, "b\xa0", 2, "no 2");
}

Test(rules_doubt_subject, a_mail_address_with_a_host_beyond_ascii_is_denied_as_any)
{
    static const char mail[] = "email=b@a.example";

    try_part(mail, "emailAddress", V_ASN1_UTF8STRING, "c@a\u3002example", 13, "no 2");
    try_part(mail, "emailAddress", V_ASN1_IA5STRING, "c@\xe4.example", 11, "no 2");
    try_part(mail, "emailAddress", V_ASN1_UTF8STRING, "\u00e4@c.example", 12, "yes 3 x");
}

/* Libcrypto takes the bytes for Latin-1. */
Test(rules_doubt_subject, a_part_of_the_subject_with_bytes_that_its_type_does_not_have_is_denied)
{
    static const int types[] = {V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_T61STRING};
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        try_part("cn=b\u00e4", "CN", types[i], "b\xc3\xa4", 3, "no 2");
        try_part("dn=\"CN=b\u00e4,O=Acme\"", "CN", types[i], "b\xc3\xa4", 3, "no 2");
        try_part("cn=b\u00e4", "CN", types[i], "ba", 2, "yes 3 x");
    }
    try_part("cn=b", "CN", V_ASN1_PRINTABLESTRING, "\xe4", 1, "no 2");
    try_part("cn=b", "CN", V_ASN1_T61STRING, "\xe4", 1, "yes 3 x");
    try_part("cn=b", "CN", V_ASN1_UTF8STRING, "\u00e4", 2, "yes 3 x");
}

/* RFC 5280 section 7.1, RFC 4518 section 2.2. */
Test(rules_doubt_subject, the_case_of_letters_beyond_ascii_does_not_count)
{
    try_part("cn=Jos\u00e9", "CN", V_ASN1_UTF8STRING, "JOS\u00c9", 5, "no 2");
    try_part("cn=JOS\u00c9", "CN", V_ASN1_UTF8STRING, "jos\u00e9", 5, "no 2");
    try_part("cn=Jos\u00e9", "CN", V_ASN1_BMPSTRING, "\0J\0O\0S\0\xc9", 8, "no 2");
    try_part("cn=Jos\u00e9", "CN", V_ASN1_UNIVERSALSTRING, "\0\0\0J\0\0\0O\0\0\0S\0\0\0\xc9", 16,
        "no 2");
    try_part("cn=Jos\u00e9", "CN", V_ASN1_T61STRING, "JOS\xc9", 4, "no 2");
    try_part("cn=\u03c3", "CN", V_ASN1_UTF8STRING, "\u03c2", 2, "no 2");
    try_part("cn=k", "CN", V_ASN1_UTF8STRING, "\u212a", 3, "no 2");
    try_part("cn=\u212a", "CN", V_ASN1_UTF8STRING, "K", 1, "no 2");
    try_part("cn=\U00010428", "CN", V_ASN1_UTF8STRING, "\U00010400", 4, "no 2");
    try_part("ou=Jos\u00e9", "OU", V_ASN1_UTF8STRING, "JOS\u00c9", 5, "no 2");
    try_part("o=\u00e9", "O", V_ASN1_UTF8STRING, "\u00c9", 2, "no 2");
    try_part("dn=\"CN=Jos\u00e9,O=Acme\"", "CN", V_ASN1_UTF8STRING, "JOS\u00c9", 5, "no 2");
    try_part("dn=\"CN=\u212a,O=Acme\"", "CN", V_ASN1_UTF8STRING, "K", 1, "no 2");
    try_part("cn=a,\u03c1,\u03c3,\u03c2,\u03c3z,z", "CN", V_ASN1_UTF8STRING, "\u03a3", 2, "no 2");
    try_part("cn=a,\u03c1,\u03c3z,\u03c4,z", "CN", V_ASN1_UTF8STRING, "\u03a3", 2, "yes 3 x");
    try_part("cn=Jos\u00e9", "CN", V_ASN1_UTF8STRING, "JOS\u00c8", 5, "yes 3 x");
    try_part("cn=Jos\u00e9", "OU", V_ASN1_UTF8STRING, "JOS\u00c9", 5, "yes 3 x");
    /* Other normal forms are other names. */
    try_part("cn=Jos\u00e9", "CN", V_ASN1_UTF8STRING, "Jose\u0301", 6, "yes 3 x");
    try_part("cn=eve", "CN", V_ASN1_UTF8STRING, "\uff45ve", 5, "yes 3 x");
    try_part("dn=\"CN=Jos\u00e9,O=Acme\"", "CN", V_ASN1_UTF8STRING, "JOS\u00c8", 5, "yes 3 x");
}

Test(rules_doubt_subject, a_part_of_the_subject_that_is_no_text_is_denied_as_anything)
{
    try_part("cn=b", "CN", V_ASN1_BIT_STRING, "b", 1, "no 2");
    try_part("cn=b", "CN", V_ASN1_SEQUENCE, "\x30\x00", 2, "no 2");
    try_part("cn=b", "OU", V_ASN1_BIT_STRING, "b", 1, "yes 3 x");
    try_part("dn=\"CN=b,O=Acme\"", "CN", V_ASN1_BIT_STRING, "b", 1, "no 2");
    try_part("email=b@a.example", "emailAddress", V_ASN1_BIT_STRING, "b@a.example", 11, "no 2");
}

Test(rules_doubt_subject, a_subject_of_digits_is_denied_whatever_their_type)
{
    X509_NAME *name = X509_NAME_new();
    const struct pki_spec spec = {.subject_name = name};
    char words[700];

    pki_name_add(name, "O", V_ASN1_UTF8STRING, "Acme", 4, false);
    pki_name_add(name, "CN", V_ASN1_NUMERICSTRING, "1234", 4, false);
    world_decide_made(
        "issuer acme acme.cer\ndeny dn=\"CN=1234,O=Acme\"\nallow any user=x\n", &spec, words);
    cr_expect_str_eq(words, "no 2", "dn: came %s", words);
    world_decide_made("issuer acme acme.cer\nallow cn=1234\n", &spec, words);
    cr_expect_str_eq(words, "yes 2 1234", "cn: came %s", words);
    X509_NAME_free(name);
}
