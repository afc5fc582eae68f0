/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_names.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <string.h>

static struct pki *root;

static void begin(void)
{
    root = pki_ca("CN=Root");
}

static void end(void)
{
    pki_free(root);
}

TestSuite(verify_names, .init = begin, .fini = end);

/* One constraint of a CA and one name below it, each as a section of openssl.cnf has it. */
struct row {
    const char *constraint;
    const char *name;
    enum verdict_status wanted;
};

static void judge_rows(const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        verify_constrained(root, rows[i].constraint, rows[i].name, rows[i].wanted);
}

#define JUDGE(rows) judge_rows(rows, sizeof(rows) / sizeof((rows)[0]))
#define BAD VERDICT_UNTRUSTED
#define GOOD VERDICT_VALID

Test(verify_names, of_hosts)
{
    static const struct row rows[] = {
        {"excluded;DNS.1=example.org", "DNS.1=example.net", GOOD},
        {"excluded;DNS.1=example.org", "DNS.1=badexample.org", GOOD},
        {"excluded;DNS.1=example.org", "DNS.1=example.org", BAD},
        {"excluded;DNS.1=example.org", "DNS.1=example.org.", BAD},
        {"excluded;DNS.1=example.org", "DNS.1=a.EXAMPLE.org.", BAD},
        {"excluded;DNS.1=example.org.", "DNS.1=a.example.org", BAD},
        {"excluded;DNS.1=secret.example.org", "DNS.1=*.example.org", BAD},
        {"excluded;DNS.1=a.secret.example.org", "DNS.1=*.example.org", BAD},
        {"excluded;DNS.1=secret.example.org", "DNS.1=s*.example.org", BAD},
        {"excluded;DNS.1=secret.example.org", "DNS.1=*.example.net", GOOD},
        {"excluded;DNS.1=secret.example.org", "DNS.1=*.other.example.org", GOOD},
        {"excluded;DNS.1=secret.example.org", "DNS.1=*", BAD},
        {"excluded;DNS.1=.", "DNS.1=example.org", BAD},
        {"permitted;DNS.1=example.org", "DNS.1=*.example.org", GOOD},
        {"permitted;DNS.1=example.org", "DNS.1=a.example.org", GOOD},
        {"permitted;DNS.1=example.org", "DNS.1=example.net", BAD},
        {"permitted;DNS.1=example.org", "email.1=a@example.net", GOOD},
        {"permitted;DNS.1=example.org", "RID.1=1.2.3.4", GOOD},
        {"permitted;DNS.1=.example.org", "DNS.1=a.example.org", GOOD},
        {"excluded;DNS.1=.example.org", "DNS.1=a.example.org", BAD},
        {"excluded;DNS.1=.example.org", "DNS.1=a.example.net", GOOD},
        {"excluded;RID.1=1.2.3.4", "DNS.1=example.org", GOOD},
        {"excluded;DNS.1=example.org", "DNS.1=a.example.org\\ ", BAD},
        {"excluded;DNS.1=example.org", "DNS.1=a.example.org\\t", BAD},
        {"excluded;DNS.1=example.org", "DNS.1=a_b.example-1.net", GOOD},
        {"excluded;DNS.1=example.org", "DNS.1=azAZ09.azAZ09.net", GOOD},
        {"excluded;DNS.1=example.org", "DNS.1=a.*.net", BAD},
        {"excluded;DNS.1=*.example.org", "DNS.1=example.net", BAD},
        {"excluded;DNS.1=*example.org", "DNS.1=example.net", BAD},
        {"excluded;DNS.1=x", "DNS.1=example.net", GOOD},
        {"excluded;DNS.1=example.org/", "DNS.1=example.net", BAD},
        {"excluded;DNS.1=a..example.org", "DNS.1=example.net", BAD},
        {"excluded;DNS.1=..example.org", "DNS.1=example.net", BAD},
        {"excluded;DNS.1=example.org..", "DNS.1=example.org", BAD},
        {"excluded;DNS.1=*.example.org", "email.1=a@example.net", GOOD},
        {"permitted;DNS.1=example.org", "DNS.1=a/.example.org", BAD},
        {"permitted;DNS.1=example.org", "DNS.1=\xC3\xA4.example.org", BAD},
    };

    JUDGE(rows);
}

Test(verify_names, of_mailboxes)
{
    static const struct row rows[] = {
        {"excluded;email.1=example.org", "email.1=a@example.net", GOOD},
        {"excluded;email.1=example.org", "email.1=a@sub.example.org", GOOD},
        {"excluded;email.1=example.org", "email.1=a@example.org", BAD},
        {"excluded;email.1=example.org", "email.1=a@EXAMPLE.org.", BAD},
        {"excluded;email.1=.example.org", "email.1=a@sub.example.org.", BAD},
        {"excluded;email.1=example.org", "email.1=a@example.org@example.net", BAD},
        {"excluded;email.1=example.org", "email.1=example.net", BAD},
        {"excluded;email.1=a@example.org", "email.1=a@example.org.", BAD},
        {"excluded;email.1=a@example.org", "email.1=b@example.org", GOOD},
        {"excluded;email.1=*@example.org", "email.1=a@example.net", BAD},
        {"excluded;email.1=@example.org", "email.1=a@example.net", BAD},
        {"excluded;email.1=a b@example.org", "email.1=a@example.net", BAD},
        {"excluded;email.1=*.example.org", "email.1=a@example.net", BAD},
        {"excluded;email.1=.", "email.1=a@example.net", BAD},
        {"permitted;email.1=example.org", "email.1=a@example.org", GOOD},
        {"excluded;email.1=example.org", "email.1=\\\"a\\\"@example.net", BAD},
        {"excluded;email.1=example.org", "email.1=a@.", BAD},
        {"permitted;email.1=example.org", "email.1=a@example.net@example.org", BAD},
        {"permitted;email.1=.example.org", "email.1=a@b.example.org", GOOD},
        {"excluded;email.1=.example.org", "email.1=a@b.example.net", GOOD},
        {"permitted;email.1=a@example.org", "email.1=a@example.org", GOOD},
        {"excluded;email.1=example.org", "email.1=Dan <a@example.org>", BAD},
        {"excluded;email.1=example.org", "email.1=a(b)@example.net", BAD},
        {"excluded;email.1=example.org", "email.1=a@[10.0.0.1]", BAD},
        {"excluded;email.1=example.org", "email.1=a.b+c_d'e@example.net", GOOD},
    };

    JUDGE(rows);
}

Test(verify_names, of_uris)
{
    static const struct row rows[] = {
        {"excluded;URI.1=example.org", "URI.1=https://example.net/a", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://sub.example.org/a", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org:8443/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org./a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://user@example.org/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.net:1@example.org/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org\\\\\\\\.example.net/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.net?x", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://example.net", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org", BAD},
        {"excluded;URI.1=.", "URI.1=https://example.net/", BAD},
        {"excluded;URI.1=https://example.org/", "URI.1=https://example.net/", BAD},
        {"excluded;URI.1=example.org:443", "URI.1=https://example.net/", BAD},
        {"excluded;URI.1=*.example.org", "URI.1=https://example.net/", BAD},
        {"permitted;URI.1=example.org", "URI.1=https://example.org/@", GOOD},
        {"permitted;URI.1=example.org", "URI.1=https://example.org:80@example.net/", BAD},
        {"permitted;URI.1=example.org", "URI.1=https://example.net/", BAD},
        {"excluded;URI.1=example.org", "URI.1=urn:example:org", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example%2eorg/", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org#a", BAD},
        {"excluded;URI.1=.example.org", "URI.1=https://a.example.org./", BAD},
        {"excluded;URI.1=.example.org", "URI.1=https://example.org/", GOOD},
        {"excluded;URI.1=.example.org", "URI.1=https://a.example.net/", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https:///a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://example.org /a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://[::1]/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.1:80/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.1./a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.90/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.0XaF/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.0xg/a", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://167772161/a", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://a1.example.net1/", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://10.example/", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://0x0A000001/", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://10.0.0.0x1/", BAD},
        {"excluded;URI.1=example.org", "URI.1=https://a.0xample/", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://a.1x/", GOOD},
        {"excluded;URI.1=example.org", "URI.1=https://a!b/", BAD},
        {"excluded;URI.1=example.org", "URI.1=https+a-b.c://a/", GOOD},
        {"excluded;URI.1=example.org", "URI.1= x/example.org://a/", BAD},
    };

    JUDGE(rows);
}

Test(verify_names, of_addresses)
{
    static const struct row rows[] = {
        {"permitted;IP.1=10.0.0.0/255.0.0.0", "IP.1=10.1.2.3", GOOD},
        {"permitted;IP.1=10.0.0.0/255.0.255.0", "IP.1=10.1.0.3", BAD},
        {"excluded;IP.1=10.0.0.0/255.0.255.0", "IP.1=11.1.0.3", BAD},
        {"excluded;IP.1=10.0.0.0/255.0.255.0", "DNS.1=example.org", GOOD},
        {"excluded;IP.1=10.0.0.0/0.0.0.0", "IP.1=11.1.0.3", BAD},
        {"excluded;IP.1=10.0.0.0/255.255.255.255", "IP.1=10.0.0.1", GOOD},
        {"excluded;IP.1=10.0.0.0/255.0.0.0", "IP.1=::ffff:10.0.0.1", BAD},
        {"excluded;IP.1=10.0.0.0/255.0.0.0", "IP.1=2001:db8::1", GOOD},
        {"excluded;IP.1=2001:db8::/ffff:ffff::", "IP.1=2001:db8::1", BAD},
    };

    JUDGE(rows);
}

static void empty_constraint(X509 *certificate, void *context)
{
    /* excludedSubtrees with one rfc822Name, or URI, that is empty. */
    unsigned char der[] = {0x30, 0x06, 0xa1, 0x04, 0x30, 0x02, 0x81, 0x00};

    der[6] = *(const unsigned char *)context;
    pki_add_raw_extension(certificate, "2.5.29.30", true, der, sizeof(der));
}

Test(verify_names, an_empty_excluded_subtree_excludes_all_of_its_kind)
{
    static const char *const names[] = {
        "subjectAltName=email:a@example.org", "subjectAltName=URI:https://example.org/"};
    unsigned char kinds[] = {0x81, 0x86};
    int i, j;

    for (i = 0; i < 2; i++) {
        struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = root,
            .ca = true,
            .customise = empty_constraint,
            .context = &kinds[i]});

        for (j = 0; j < 2; j++) {
            struct pki *leaf = pki_make(
                &(struct pki_spec){.subject = "CN=x", .issuer = between, .extensions = {names[j]}});

            (void)verify_both(&(struct setup){.ca = {root}, .intermediates = {between}}, leaf,
                i == j ? VERDICT_UNTRUSTED : VERDICT_VALID, names[j]);
            pki_free(leaf);
        }
        pki_free(between);
    }
}

struct raw_name {
    unsigned char kind;
    const char *name; /* `|` stands for a NUL */
};

static void add_name(X509 *certificate, void *context)
{
    const struct raw_name *raw = context;
    size_t length = strlen(raw->name), i;
    unsigned char der[64] = {0x30, (unsigned char)(length + 2), raw->kind, (unsigned char)length};

    for (i = 0; i < length; i++)
        der[4 + i] = raw->name[i] == '|' ? 0 : (unsigned char)raw->name[i];
    pki_add_raw_extension(certificate, "2.5.29.17", false, der, 4 + length);
}

#define MAIL 0x81
#define HOST 0x82
#define URI 0x86

/* libcrypto refuses some of these, too; here they are judged by the rules of this file alone. */
Test(verify_names, what_has_no_host_that_all_read_alike_is_of_no_known_form)
{
    static struct raw_name bad[] = {{HOST, "x|.example.net"}, {MAIL, "\"a\"@example.net"},
        {MAIL, "example.net"}, {MAIL, "a@b@example.net"}, {MAIL, "a@"},
        {URI, "https://example.org\\.net"}, {URI, "urn:example:net"}, {URI, "https:///a"},
        {URI, "https://./a"}, {URI, "https://[::1]/a"}, {URI, "https://a|b/"},
        {URI, "https://a b/"}, {URI, "https://1/"}, {URI, "https://a.1/"}, {URI, "https://a{/"},
        {URI, "https://0x/"}, {URI, "https://0x7f/"}, {URI, "https://a.0XAf/"}};
    static struct raw_name good[] = {{HOST, "example.net"}, {MAIL, "a@example.net"},
        {URI, "https://example.net"}, {URI, "https://a1/"}, {URI, "https://0x-/"},
        {URI, "https://0xg/"}, {URI, "https://0y1/"}, {URI, "https://Zz9.z/"},
        {URI, "https://a-1/"}};
    const size_t bad_count = sizeof(bad) / sizeof(bad[0]);
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,excluded;DNS:example.org,excluded;email:"
                       "example.org,excluded;URI:example.org"}});
    size_t i;

    for (i = 0; i < bad_count + sizeof(good) / sizeof(good[0]); i++) {
        bool is_bad = i < bad_count;
        struct raw_name *raw = is_bad ? &bad[i] : &good[i - bad_count];
        struct pki *leaf = pki_make(&(struct pki_spec){
            .subject = "CN=x", .issuer = between, .customise = add_name, .context = raw});
        struct path path = {
            .certificates = {leaf->certificate, between->certificate, root->certificate},
            .length = 3};
        struct findings findings = {.path = &path};

        cr_expect(names_check(&findings));
        cr_expect_eq(findings.count, is_bad ? 1 : 0, "%s: %zu", raw->name, findings.count);
        cr_expect_eq(findings.errors[0].cause, is_bad ? CAUSE_CONSTRAINT_NAME : CAUSE_OF_CODE, "%s",
            raw->name);
        pki_free(leaf);
    }
    pki_free(between);
}

/* A mailbox in the subject counts as one in the subjectAltName. */
Test(verify_names, of_a_mailbox_in_the_subject)
{
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,excluded;email:example.org"}});
    static const char *const subjects[] = {"emailAddress=a@example.net",
        "emailAddress=a@example.org.", "emailAddress=a@b@example.net"};
    size_t i;

    for (i = 0; i < 3; i++) {
        struct pki *leaf = pki_client(subjects[i], between);

        (void)verify_both(&(struct setup){.ca = {root}, .intermediates = {between}}, leaf,
            i == 0 ? VERDICT_VALID : VERDICT_UNTRUSTED, subjects[i]);
        pki_free(leaf);
    }
    pki_free(between);
}

/* RFC 5280 section 6.1.3 b: to a self-issued intermediate they do not apply, to the leaf they do.
 */
Test(verify_names, not_of_a_self_issued_intermediate)
{
    struct pki *top = pki_make(&(struct pki_spec){.subject = "CN=CA,emailAddress=a@b@example.net",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,excluded;email:example.org"}});
    struct pki *same = pki_make(&(struct pki_spec){
        .subject = "CN=CA,emailAddress=a@b@example.net", .issuer = top, .ca = true});
    struct pki *other = pki_make(&(struct pki_spec){
        .subject = "CN=Other,emailAddress=a@b@example.net", .issuer = top, .ca = true});
    struct pki *good = pki_client("CN=x", same), *bad = pki_client("CN=x", other);
    struct setup setup = {.ca = {root}, .intermediates = {top, same, other}};

    setup.without_second_judge = true;
    (void)verify_both(&setup, good, VERDICT_VALID, "below the self-issued one");
    (void)verify_both(&setup, bad, VERDICT_UNTRUSTED, "below another");
    pki_free(bad);
    pki_free(good);
    pki_free(other);
    pki_free(same);
    pki_free(top);
}
