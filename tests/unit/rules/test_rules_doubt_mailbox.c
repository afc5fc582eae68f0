/* SPDX-License-Identifier: ISC */
#include "unit/rules/names_given.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Mail addresses and UPNs that can be written in several ways. */
TestSuite(rules_doubt_mailbox, .init = rules_world_make, .fini = rules_world_free);

/* A name before the @, with what bytes it has. */
struct local {
    const char *bytes;
    size_t length;
};

#define LOCAL(string)                                                                              \
    {                                                                                              \
        string, sizeof(string) - 1                                                                 \
    }

enum kind { RFC822_NAME, UPN, UTF8_MAILBOX };

/* subjectAltName with one name of this kind. */
struct mailbox {
    char bytes[100];
    size_t length;
    enum kind kind;
};

/* GeneralName up to the name's length. */
static const struct local heads[] = {LOCAL("\x81"),
    LOCAL("\xa0\x00\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03\xa0\x00\x0c"),
    LOCAL("\xa0\x00\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x00\x0c")};

static void add_mailbox(X509 *certificate, void *context)
{
    const struct mailbox *mailbox = context;
    const struct local *head = &heads[mailbox->kind];
    char der[160] = "\x30";
    size_t at = 2 + head->length;

    memcpy(der + 2, head->bytes, head->length);
    if (mailbox->kind != RFC822_NAME) {
        der[3] = (char)(mailbox->length + head->length - 1);
        der[at - 2] = (char)(mailbox->length + 2);
    }
    der[at++] = (char)mailbox->length;
    memcpy(der + at, mailbox->bytes, mailbox->length);
    at += mailbox->length;
    der[1] = (char)(at - 2);
    pki_add_raw_extension(certificate, "2.5.29.17", false, der, at);
}

/* What a rule says to the mailbox LOCAL@HOST of this kind; its key stands as KEY in the rule. */
static void try_kind(enum kind kind, const char *rule, const struct local *local, const char *host,
    const char *wanted)
{
    struct mailbox mailbox = {.length = local->length + strlen(host), .kind = kind};
    const struct pki_spec spec = {.customise = add_mailbox, .context = &mailbox};
    const char *key = strstr(rule, "KEY");
    char text[300], words[700];

    memcpy(mailbox.bytes, local->bytes, local->length);
    memcpy(mailbox.bytes + local->length, host, strlen(host));
    (void)snprintf(text, sizeof(text), ACME "%.*s%s%s", (int)(key - rule), rule,
        kind == UPN ? "upn" : "email", key + strlen("KEY"));
    world_decide_made(text, &spec, words);
    cr_expect_str_eq(words, wanted, "kind %d, %s: %s%s (%zu): expected %s, came %s", (int)kind,
        text, local->bytes, host, local->length, wanted, words);
}

/* The same of an rfc822Name, and of a UPN. */
static void try_mailbox(
    const char *rule, const struct local *local, const char *host, const char *wanted)
{
    try_kind(RFC822_NAME, rule, local, host, wanted);
    try_kind(UPN, rule, local, host, wanted);
}

/* Of eve@a.example other spellings, or none. */
static const struct local odd[] = {LOCAL("\"eve\""), LOCAL("\"e\\ve\""), LOCAL("eve "),
    LOCAL(" eve"), LOCAL("eve(c)"), LOCAL("(c)eve"), LOCAL("eve\0"), LOCAL("e\tve"), LOCAL("e\\ve"),
    LOCAL("<eve"), LOCAL("mailto:eve"), LOCAL("eve,b"), LOCAL("eve;b"), LOCAL("[eve]"),
    LOCAL("eve>"), LOCAL(".eve"), LOCAL("eve."), LOCAL("e..ve"), LOCAL("."), LOCAL(""), LOCAL("*"),
    LOCAL("eve\x7f"), LOCAL("e\xc2\xadve"), LOCAL("eve\xe2\x80\x8b"), LOCAL("eve\xc2\xa0"),
    LOCAL("eve\xc2\x80"), LOCAL("eve\xe2\xa0\x80"), LOCAL("\xe9ve"), LOCAL("eve\xc3")};

Test(rules_doubt_mailbox, a_name_that_is_no_plain_one_meets_no_pattern_and_is_no_user_name)
{
    size_t i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        try_mailbox("allow KEY=*@a.example", &odd[i], "@a.example", "no no_rule");
        try_mailbox("allow KEY=*@a.example user=x", &odd[i], "@a.example", "no no_rule");
        try_mailbox("allow any user=$KEY", &odd[i], "@a.example", "no 2 no_user_name");
    }
}

Test(rules_doubt_mailbox, a_name_that_is_no_plain_one_is_denied_as_any_of_its_host)
{
    size_t i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        try_mailbox("deny KEY=eve@a.example\nallow any user=x", &odd[i], "@a.example", "no 2");
        try_mailbox("deny KEY=dan@A.Example\nallow any user=x", &odd[i], "@a.exAmple", "no 2");
        try_mailbox("deny KEY=*@a.example\nallow any user=x", &odd[i], "@a.example", "no 2");
        try_mailbox("deny KEY=eve@b.example\nallow any user=x", &odd[i], "@a.example", "yes 3 x");
        try_mailbox("deny KEY=*@b.a.example\nallow any user=x", &odd[i], "@a.example", "yes 3 x");
        try_mailbox("deny KEY=eve@example\nallow any user=x", &odd[i], "@a.example", "yes 3 x");
    }
}

Test(rules_doubt_mailbox, a_plain_name_is_itself_alone)
{
    static const struct local plain[] = {LOCAL("dan"), LOCAL("d.a.n"), LOCAL("+dan"), LOCAL("dan-"),
        LOCAL("!#$%&'+-/=?^_`{|}~"), LOCAL("0"), LOCAL("d\xc3\xa4n"), LOCAL("\xd0\xb4"),
        LOCAL("\xe4\xb8\xad.\xf0\x9f\x98\x80"), LOCAL("a\xcc\x81")};
    size_t i;

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        try_mailbox("allow KEY=*@a.example user=x", &plain[i], "@A.example", "yes 2 x");
        try_mailbox("deny KEY=eve@a.example\nallow any user=x", &plain[i], "@a.example", "yes 3 x");
    }
    try_mailbox("allow any user=$KEY", &plain[1], "@a.example", "yes 2 d.a.n@a.example");
    try_mailbox("allow KEY=*@a.example user=*", &plain[2], "@a.example", "yes 2 +dan");
}

Test(rules_doubt_mailbox, a_mailbox_without_a_host_that_can_be_read_is_denied_as_any)
{
    static const struct local names[] = {LOCAL("dan"), LOCAL("\"dan\"")};
    static const char *const hosts[] = {"@", "@a.example.", "@.a.example", "@a..example",
        "@ a.example", "@a .example", "@a(c).example", "@[192.0.2.1]", "@a.example>",
        "@a.example:25", "@a.example@b.example", "@a\\.example", "@a.example\xe2\x80\x8b"};
    size_t i, j;

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        for (j = 0; j < 2; j++) {
            try_mailbox("deny KEY=eve@c.example\nallow any user=x", &names[j], hosts[i], "no 2");
            try_mailbox("deny KEY=*@c.example\nallow any user=x", &names[j], hosts[i], "no 2");
            try_mailbox("allow KEY=*@a.example user=x", &names[j], hosts[i], "no no_rule");
        }
    }
}

Test(rules_doubt_mailbox, a_name_without_a_host_is_denied_as_each_in_which_it_stands)
{
    static const struct local names[] = {LOCAL("none"), LOCAL("Eve"), LOCAL("\"dan\""), LOCAL("")};

    try_mailbox("deny KEY=eve@c.example\nallow any user=x", &names[0], "", "yes 3 x");
    try_mailbox("deny KEY=eve@c.example\nallow any user=x", &names[1], "", "no 2");
    try_mailbox("deny KEY=steve@c.example\nallow any user=x", &names[1], "", "no 2");
    try_mailbox("deny KEY=dan@c.example\nallow any user=x", &names[1], "", "yes 3 x");
    try_mailbox("deny KEY=eve@c.example\nallow any user=x", &names[2], "", "no 2");
    try_mailbox("deny KEY=eve@c.example\nallow any user=x", &names[3], "", "no 2");
    try_mailbox("allow KEY=*@c.example user=x", &names[1], "", "no no_rule");
}

/* Who writes such a name means it; the user name is to be given then. */
Test(rules_doubt_mailbox, a_name_that_is_no_plain_one_is_allowed_as_it_is_written)
{
    static const struct local eve = LOCAL("\"eve\"");

    try_mailbox("allow KEY=\"\\\"eve\\\"@a.example\" user=x", &eve, "@A.example", "yes 2 x");
    try_mailbox("allow KEY=\"\\\"eve\\\"@a.example\"", &eve, "@a.example", "no 2 no_user_name");
    try_mailbox("allow KEY=eve@a.example user=x", &eve, "@a.example", "no no_rule");
}

Test(rules_doubt_mailbox, the_case_of_letters_beyond_ascii_is_doubtful_too)
{
    static const struct local small = LOCAL("\xc3\xa9ve"), great = LOCAL("\xc3\x89VE"),
                              other = LOCAL("\xc3\xa8ve"), kelvin = LOCAL("\xe2\x84\xaa"),
                              sigma = LOCAL("\xcf\x83"), last_sigma = LOCAL("\xcf\x82");
    const char *deny = "deny KEY=\xc3\xa9ve@a.example\nallow any user=x";

    try_mailbox(deny, &small, "@a.example", "no 2");
    try_mailbox(deny, &great, "@A.example", "no 2");
    try_mailbox(deny, &other, "@a.example", "yes 3 x");
    try_mailbox(deny, &great, "@b.example", "yes 3 x");
    try_mailbox(deny, &great, "@a.exampl", "yes 3 x");
    try_mailbox(deny, &great, "@a.examples", "yes 3 x");
    try_mailbox("deny KEY=\xc3\x89ve@a.example\nallow any user=x", &small, "@a.example", "no 2");
    try_mailbox("deny KEY=K@a.example\nallow any user=x", &kelvin, "@a.example", "no 2");
    try_mailbox("deny KEY=\xcf\x82@a.example\nallow any user=x", &sigma, "@a.example", "no 2");
    try_mailbox("deny KEY=\xcf\x83@a.example\nallow any user=x", &last_sigma, "@a.example", "no 2");
    try_mailbox("allow KEY=\xc3\xa9ve@a.example user=x", &great, "@a.example", "no no_rule");
    try_mailbox("deny KEY=a@a.example,\xc3\xa9ve@a.example,\xc3\x89VE@a.example,EVE@a.example,"
                "\xc3\xa9v@a.example,\xc3\xa9vez@a.example,\xc3\xb6@a.example,*@c.example\n"
                "allow any user=x",
        &great, "@a.example", "no 2");
    try_mailbox("deny KEY=a@a.example,EVE@a.example,\xc3\xa9v@a.example,\xc3\xa9vez@a.example,"
                "\xc3\xb6@a.example,*@c.example\nallow any user=x",
        &great, "@a.example", "yes 3 x");
}

Test(rules_doubt_mailbox, a_host_beyond_ascii_is_met_in_both_ways_to_write_it)
{
    static const struct names_row rows[] = {
        {"deny email=*@d\xc3\xa4.example\nallow any user=x", "email:c@XN--d-zfa.example", "no 2"},
        {"deny email=b@d\xc3\xa4.example\nallow any user=x", "email:c@xn--d-zfa.example", "no 2"},
        {"deny email=b@d.example\nallow any user=x", "email:c@xn--d-zfa.example", "yes 3 x"},
        {"deny email=b@d\xc3\xa4.example\nallow any user=x",
            "email:c@xn--a.example,email:c@xn--b.example", "no 2"},
        {"deny email=\xc3\xa9@d.example\nallow any user=x", "email:c@xn--d-zfa.example", "yes 3 x"},
        {"deny email=b@d\xc3\xa4.example\nallow any user=x", "email:xn--@d.example", "yes 3 x"},
    };

    static const struct local name = LOCAL("c");

    TRY_NAMES(rows);
    try_mailbox(
        "deny KEY=*@d\xc3\xa4.example\nallow any user=x", &name, "@D\xc3\x84.example", "no 2");
    try_kind(UPN, "deny KEY=*@d\xc3\xa4.example\nallow any user=x", &name, "@D\xc3\x85.example",
        "yes 3 x");
    try_kind(UTF8_MAILBOX, "deny KEY=*@d\xc3\xa4.example\nallow any user=x", &name,
        "@D\xc3\x84.example", "no 2");
    try_kind(UTF8_MAILBOX, "deny KEY=*@d\xc3\xa4.example\nallow any user=x", &name,
        "@D\xc3\x85.example", "yes 3 x");
}

/* RFC 5280 section 7: there it is written as xn--. */
Test(rules_doubt_mailbox, an_address_of_ascii_with_a_host_beyond_it_is_denied_as_any)
{
    static const struct local name = LOCAL("c"), foreign = LOCAL("\u00e4");
    static const char deny[] = "deny KEY=b@a.example\nallow any user=x";

    try_kind(RFC822_NAME, deny, &name, "@d\u00e4.example", "no 2");
    try_kind(RFC822_NAME, deny, &name, "@\xe4", "no 2");
    try_kind(RFC822_NAME, deny, &foreign, "@d.example", "yes 3 x");
    try_kind(UPN, deny, &name, "@d\u00e4.example", "yes 3 x");
    try_kind(UTF8_MAILBOX, deny, &name, "@d\u00e4.example", "yes 3 x");
    try_kind(UTF8_MAILBOX, "deny KEY=*@a.example\nallow any user=x", &name, "@d\u00e4.a.example",
        "no 2");
    try_kind(UTF8_MAILBOX, "deny KEY=*@xn--a\nallow any user=x", &name, "@d\u00e4.example", "no 2");
}

/* RFC 3490 section 3.1, and what IDNA maps to ASCII. */
Test(rules_doubt_mailbox, a_host_with_full_width_characters_is_denied_as_any)
{
    static const struct local name = LOCAL("c"), wide = LOCAL("\uff43\u3002"), none = LOCAL("");
    static const char *const hosts[] = {"@d\u3002example", "@d\uff61example", "@d\uff0eexample",
        "@\uff44.example", "@\uff01", "@\uff5e"};
    static const char *const others[] = {
        "@\uff00", "@\uff5f", "@\u3001", "@\u3003", "@\uff60", "@\uff62"};
    static const char deny[] = "deny KEY=b@a.example\nallow any user=x";
    size_t i;

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        try_mailbox(deny, &name, hosts[i], "no 2");
        try_kind(UTF8_MAILBOX, deny, &name, hosts[i], "no 2");
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        try_kind(UPN, deny, &name, others[i], "yes 3 x");
        try_kind(UTF8_MAILBOX, deny, &name, others[i], "yes 3 x");
    }
    try_mailbox(deny, &wide, "@d.example", "yes 3 x");
    try_mailbox(deny, &none, "c\uff20d.example", "no 2");
    try_kind(UTF8_MAILBOX, deny, &none, "c\uff20d.example", "no 2");
}

/* Such a host may be what a value writes as xn--. */
Test(rules_doubt_mailbox, a_foreign_host_is_that_of_a_name_that_is_no_plain_one)
{
    static const struct {
        const char *rule, *host, *wanted;
    } rows[] = {
        {"deny KEY=b@d\xc3\xa4.example\nallow any user=x", "@d\xc3\xa4.example", "no 2"},
        {"deny KEY=b@xn--d-zfa.example\nallow any user=x", "@d\xc3\xa4.example", "no 2"},
        {"deny KEY=b@d.example\nallow any user=x", "@d\xc3\xa4.example", "yes 3 x"},
        {"deny KEY=b@d.example\nallow any user=x", "@d.example", "no 2"},
    };
    static const struct local quoted = LOCAL("\"c\"");
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_kind(UTF8_MAILBOX, rows[i].rule, &quoted, rows[i].host, rows[i].wanted);
}

/* Punctuation that a local part may have, and no host. */
Test(rules_doubt_mailbox, a_host_with_punctuation_is_any)
{
    static const char punctuation[] = "!#$%&'+/=?^`{|}~";
    static const struct local plain = LOCAL("eve");
    char host[] = "@a.example/";
    size_t i;

    for (i = 0; i < sizeof(punctuation) - 1; i++) {
        host[sizeof(host) - 2] = punctuation[i];
        try_mailbox("deny KEY=dan@b.example\nallow any user=x", &plain, host, "no 2");
    }
    try_mailbox("deny KEY=dan@b.example\nallow any user=x", &plain, "@a_b.example", "yes 3 x");
}

/* Whether a file with this value, after the key, can be loaded in such a line. */
static bool is_taken(const char *line, const char *key, const char *value, struct error *error)
{
    char text[300];
    struct rules *rules;

    (void)snprintf(
        text, sizeof(text), "issuer acme acme.cer\n%s %s=%s\nallow any user=x\n", line, key, value);
    *error = (struct error){.kind = ERROR_NONE};
    rules = world_rules(text, NULL, error);
    rules_release(rules);
    return rules != NULL;
}

/* The same host, as DNS has it, would go past such a line. */
Test(rules_doubt_mailbox, a_host_to_be_denied_is_written_plainly)
{
    static const char *const keys[] = {"email", "upn"};
    static const char *const plain[] = {"b@d.example", "*@D.example", "b@d", "b@xn--d-zfa.example",
        "b@d\xc3\xa4.example", "\uff44@d.example", "b@d_e.example", "b@[192.0.2.1]"};
    static const char *const others[] = {"b@d.example.", "*@d..example", "b@.d.example", "b@.",
        "b@\uff44.example", "*@d\u3002example", "b@d\uff61example", "b@d;e.example", "b@[192.0.2.1",
        "b@192.0.2.1]", "\"b@d.example \"", "b@d.example/", "b@d%2eexample", "b@d.example?"};
    struct error error;
    size_t key, i;

    for (key = 0; key < sizeof(keys) / sizeof(keys[0]); key++) {
        for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
            cr_expect(
                is_taken("deny", keys[key], plain[i], &error), "%s: %s", plain[i], error.text);
        for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            cr_expect_not(is_taken("deny", keys[key], others[i], &error), "%s", others[i]);
            cr_expect_not_null(strstr(error.text, "to be denied, a host is letters"), "%s: %s",
                others[i], error.text);
            cr_expect(is_taken("allow user=x", keys[key], others[i], &error), "%s: %s", others[i],
                error.text);
        }
        cr_expect_not(is_taken("group g", keys[key], "b@d.\ndeny group=g", &error));
    }
}
