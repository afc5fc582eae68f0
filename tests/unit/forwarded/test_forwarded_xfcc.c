/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(forwarded_xfcc, .init = two_samples_make, .fini = two_samples_free);

/* Decodes and frees the value: `wanted` is the leaf that comes out, or NULL with these words. */
static void expect(char *value, size_t hop, const struct sample *wanted, const char *words)
{
    struct certificates out = {.count = 0};
    enum decoding result = encoding_decode_xfcc(cursor_over(value, strlen(value)), hop, &out);

    if (wanted != NULL) {
        cr_expect_eq(result, DECODING_FINE, "%s: %s", value, out.reason);
        cr_expect(out.count > 0 && out.items[0].length == wanted->length &&
                      memcmp(out.items[0].data, wanted->der, wanted->length) == 0,
            "%s: another certificate", value);
    } else {
        cr_expect_eq(result, DECODING_REFUSED, "%s: %d", value, (int)result);
        cr_expect_not_null(strstr(out.reason, words), "%s: %s", value, out.reason);
    }
    certificates_free(&out);
    free(value);
}

Test(forwarded_xfcc, the_key_cert_is_found_in_any_case_beside_others)
{
    expect(format("Cert=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("By=x;cert=%s;URI=a", sample_one.url), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("Subject=\"a \\\" , ; b\";CERT=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT,
        &sample_one, NULL);
    expect(format("Chain=\"%s%s\";Cert=\"%s\"", sample_one.url, sample_two.url, sample_one.url),
        XFCC_ONE_ELEMENT, &sample_one, NULL);
}

/* Envoy writes a client's URI unquoted: without a number of hops it could be an element. */
Test(forwarded_xfcc, one_element_alone_counts_unless_a_hop_is_given)
{
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), XFCC_ONE_ELEMENT,
        NULL, "");
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), 0, &sample_two, NULL);
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), 1, &sample_one, NULL);
    expect(format("Cert=\"%s\"", sample_one.url), 1, NULL, "");
}

Test(forwarded_xfcc, what_is_not_of_its_form_is_refused)
{
    expect(format("Cert"), XFCC_ONE_ELEMENT, NULL, "Key=Value");
    expect(format("=x"), XFCC_ONE_ELEMENT, NULL, "Key=Value");
    expect(format("Cert=\"%s", sample_one.url), XFCC_ONE_ELEMENT, NULL, "quoted");
    expect(format("Cert=a\"b"), XFCC_ONE_ELEMENT, NULL, "quoted");
    expect(format("Cert=\"%s\";Cert=\"%s\"", sample_one.url, sample_one.url), XFCC_ONE_ELEMENT,
        NULL, "twice");
}

/* Other products have a header of the same name. */
Test(forwarded_xfcc, another_form_is_named)
{
    expect(format("%s", sample_one.base64), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("%s=", sample_one.base64), XFCC_ONE_ELEMENT, NULL, "looks like base64 of DER");
    expect(format("\"%s\"", sample_one.base64), XFCC_ONE_ELEMENT, NULL, "looks like base64 of DER");
    expect(format("LS0tLS1CRUdJTiBDRVJU"), XFCC_ONE_ELEMENT, NULL, "looks like base64 of PEM");
    expect(format("LS0tLS1CRUdJTiBDRVI="), XFCC_ONE_ELEMENT, NULL, "NAME:any");
    expect(format("%s", sample_one.url), XFCC_ONE_ELEMENT, NULL, "looks like PEM");
}
