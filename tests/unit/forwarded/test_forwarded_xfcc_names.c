/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_xfcc_names.h"
#include "unit/forwarded/forwarded_helpers.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A client whose certificate has names that look like more of the header. */

static struct sample plain, boss;

static void begin(void)
{
    plain = sample_make("CN=Plain");
    boss = sample_make("CN=Boss");
}

static void end(void)
{
    sample_free(&plain);
    sample_free(&boss);
}

TestSuite(forwarded_xfcc_names, .init = begin, .fini = end);

/* Its certificate, URL-encoded, with this alternative name as it is in a section. */
static char *url_of(const char *kind, const char *name)
{
    char *section = format("[san]\n%s=%s\n", kind, name), *pem, *url;
    struct pki *made = pki_make(&(struct pki_spec){
        .subject = "CN=Mallory", .extensions = {"subjectAltName=@san"}, .configuration = section});

    pem = pki_pem(made->certificate);
    url = url_encoded(pem, "");
    free(pem);
    free(section);
    pki_free(made);
    return url;
}

/* The last element counts: this one, or it is refused with these words. */
static void expect(char *value, const struct sample *wanted, const char *words)
{
    struct certificates out = {.count = 0};
    enum decoding result = encoding_decode_xfcc(cursor_over(value, strlen(value)), 0, &out);

    if (wanted != NULL)
        cr_expect(result == DECODING_FINE && out.items[0].length == wanted->length &&
                      memcmp(out.items[0].data, wanted->der, wanted->length) == 0,
            "%s: %s", value, out.reason);
    else
        cr_expect(result == DECODING_REFUSED && strstr(out.reason, words) != NULL, "%s: %s", value,
            out.reason);
    certificates_free(&out);
    free(value);
}

Test(forwarded_xfcc_names, an_element_that_a_name_adds_is_refused)
{
    static const char *const kinds[] = {"URI", "DNS"};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char *cert = url_of(kinds[i], "x,Cert=y"), *quoted = url_of(kinds[i], "\\\"x\\\",Cert=y");

        expect(format("Hash=0;Cert=\"%s\";%s=x,Cert=\"%s\"", cert, kinds[i], boss.url), NULL,
            "may have written");
        expect(
            format("Hash=0;Chain=\"%s%s\";%s=x,Cert=\"%s\"", cert, plain.url, kinds[i], boss.url),
            NULL, "may have written");
        expect(format("Cert=\"%s\";%s=\"x\",Cert=\"%s\"", quoted, kinds[i], boss.url), NULL,
            "may have written");
        expect(
            format("Cert=\"%s\",Cert=\"%s\";%s=x,Cert=\"%s\"", plain.url, cert, kinds[i], boss.url),
            NULL, "may have written");
        free(quoted);
        free(cert);
    }
}

/* What is written behind its names may be a name's end, also what the names would be held against.
 */
Test(forwarded_xfcc_names, a_client_chooses_nothing_that_its_names_are_held_against)
{
    char *decoy = url_of("URI", "u"),
         *chain = format("u;Chain=\"%s\",Cert=\"%s\"", decoy, boss.url),
         *name = format("u\\;Chain=\\\"%s\\\"\\,Cert=\\\"%s\\\"", decoy, boss.url),
         *cert = url_of("URI", name), *same = url_of("URI", "CN=x\\,Cert=y");

    expect(format("Hash=0;Cert=\"%s\";URI=%s", cert, chain), NULL, "behind names");
    expect(format("Hash=0;Cert=\"%s\";Subject=\"\";URI=%s", cert, chain), NULL, "behind names");
    expect(format("Hash=0;URI=%s", chain), NULL, "behind names");
    expect(format("Cert=\"%s\";Subject=\"CN=x,Cert=y\";URI=CN=x,Cert=\"%s\"", same, boss.url), NULL,
        "may have written");
    expect(format("Cert=\"%s\";DNS=\"CN=x,Cert=y\";URI=CN=x,Cert=\"%s\"", same, boss.url), NULL,
        "may have written");
    expect(format("Cert=\"%s\";URI=\"CN=x,Cert=y\",Cert=\"%s\"", same, boss.url), &boss, NULL);
    free(same);
    free(cert);
    free(name);
    free(chain);
    free(decoy);
}

Test(forwarded_xfcc_names, a_value_without_quotes_may_be_cut_unless_the_proxy_wrote_it)
{
    expect(
        format("Cert=\"%s\";Subject=CN=x,Cert=\"%s\"", plain.url, boss.url), NULL, "is not quoted");
    expect(
        format("Subject=CN=x;Cert=\"%s\",Cert=\"%s\"", plain.url, boss.url), NULL, "is not quoted");
    expect(
        format("By=x;Hash=0;Cert=\"%s\";Subject=,Cert=\"%s\"", plain.url, boss.url), &boss, NULL);
    expect(
        format("Cert=\"%s\",By=x;Subject=\"CN=x\";Cert=\"%s\"", plain.url, boss.url), &boss, NULL);
}

Test(forwarded_xfcc_names, names_without_a_certificate_to_hold_them_against_are_refused)
{
    expect(format("Hash=0;URI=x,Cert=\"%s\"", boss.url), NULL, "no Cert");
    expect(format("Hash=0;DNS=x,Cert=\"%s\"", boss.url), NULL, "no Cert");
    expect(format("Cert=\"junk\";URI=x,Cert=\"%s\"", boss.url), NULL, "may have written");
    expect(format("Hash=0;URI=,Cert=\"%s\"", boss.url), NULL, "no Cert");
    expect(format("Hash=0;Subject=\"x\";URI=;DNS=,Cert=\"%s\"", boss.url), NULL, "no Cert");
    expect(format("Hash=0,Cert=\"%s\"", boss.url), &boss, NULL);
}

Test(forwarded_xfcc_names, names_that_stand_there_as_they_are_count)
{
    char *comma = url_of("URI", "x,y"), *quote = url_of("URI", "x\\\"\\,y"),
         *simple = url_of("URI", "x");

    expect(format("Cert=\"%s\";URI=x,Cert=\"%s\";URI=y", simple, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";URI=\"x,y\",Cert=\"%s\"", comma, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";URI=a;URI=\"x,y\";DNS=b,Cert=\"%s\"", comma, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";URI=\"x\\\",y\",Cert=\"%s\"", quote, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";URI=\"x,yz\",Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=\"x,\",Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2Cy,Cert=\"%s\"", comma, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";uri=\"x%%2cy\";DNS=,Cert=\"%s\"", comma, boss.url), &boss, NULL);
    expect(format("Cert=\"%s\";URI=x%%2Cy;URI=z,Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2C,Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2Cyy,Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2,Cert=\"%s\"", comma, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";DNS=x%%2Cy,Cert=\"%s\"", comma, boss.url), NULL, "may have");
    free(simple);
    free(quote);
    free(comma);
}

/* Written by a proxy that encodes nothing: decoys that look encoded do not hide where a name was
 * cut. */
Test(forwarded_xfcc_names, a_decoy_that_looks_encoded_hides_nothing)
{
    char *two = url_of("URI.1", "x%2CCert=y\nURI.2=x\\,Cert=y"),
         *three = url_of("URI.1", "x%2CCert=y\nURI.2=x\nURI.3=x\\,Cert=y"),
         *four = url_of("URI.1", "x\\,Cert=y\nURI.2=x%2CCert=y");

    expect(
        format("Cert=\"%s\";URI=x%%2CCert=y;URI=x,Cert=\"%s\"", two, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2CCert=y;URI=x;URI=x,Cert=\"%s\"", three, boss.url), NULL,
        "may have");
    expect(
        format("Cert=\"%s\";URI=x,Cert=\"%s\";URI=x%%2CCert=y", four, boss.url), NULL, "may have");
    expect(format("Cert=\"%s\";URI=x%%2CCert=y;URI=x%%2CCert=y,Cert=\"%s\"", two, boss.url), &boss,
        NULL);
    free(four);
    free(three);
    free(two);
}

/* Each has a comma; they stand in the element the other way round. */
Test(forwarded_xfcc_names, of_many_odd_names_in_another_order_only_so_many_are_looked_for)
{
    int count, i;

    for (count = XFCC_MOST_ODD_NAMES; count <= XFCC_MOST_ODD_NAMES + 1; count++) {
        char *names = format("x\\,0"), *values = format("\"x,0\""), *cert;

        for (i = 1; i < count; i++) {
            char *more_names = format("%s\nURI.%d=x\\,%d", names, i, i),
                 *more_values = format("\"x,%d\";URI=%s", i, values);

            free(names);
            free(values);
            names = more_names;
            values = more_values;
        }
        cert = url_of("URI.0", names);
        expect(format("Cert=\"%s\";URI=%s,Cert=\"%s\"", cert, values, boss.url),
            count == XFCC_MOST_ODD_NAMES ? &boss : NULL, "may have");
        free(cert);
        free(values);
        free(names);
    }
}

/* A URI with a comma, and an IP address of one byte. */
Test(forwarded_xfcc_names, names_that_cannot_be_read_are_refused)
{
    struct pki *made = pki_make(&(struct pki_spec){.subject = "CN=Mallory",
        .extensions = {"subjectAltName=DER:300D8608782C436572743D79870101"}});
    char *pem = pki_pem(made->certificate), *url = url_encoded(pem, "");

    expect(format("Cert=\"%s\";URI=x,Cert=\"%s\"", url, boss.url), NULL, "may have written");
    expect(format("Cert=\"%s\";URI=,Cert=\"%s\"", url, boss.url), NULL, "may have written");
    free(url);
    free(pem);
    pki_free(made);
}

Test(forwarded_xfcc_names, of_many_elements_only_so_many_may_have_names)
{
    int count, i;

    for (count = XFCC_MOST_NAMED; count <= XFCC_MOST_NAMED + 1; count++) {
        char *value = format("Cert=\"%s\"", boss.url);

        for (i = 0; i < count; i++) {
            char *longer = format("Cert=\"%s\";URI=,%s", plain.url, value);

            free(value);
            value = longer;
        }
        expect(value, count == XFCC_MOST_NAMED ? &boss : NULL, "more than 16 elements");
    }
}

Test(forwarded_xfcc_names, one_element_alone_needs_no_comparison)
{
    char *comma = url_of("URI", "x,y");
    char *value = format("Cert=\"%s\";URI=x", comma);
    struct certificates out = {.count = 0};

    cr_expect_eq(encoding_decode_xfcc(cursor_over(value, strlen(value)), 0, &out), DECODING_FINE);
    certificates_free(&out);
    free(value);
    free(comma);
}
