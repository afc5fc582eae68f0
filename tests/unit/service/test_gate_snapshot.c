/* SPDX-License-Identifier: ISC */
#include "rules/rules_current.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* What happens once, before a request takes the rules. */
static struct stage *swapped;

struct rules *__real_rules_current_get(struct rules_current *current);
struct rules *__wrap_rules_current_get(struct rules_current *current);

static void write_over(struct stage *stage, const char *name, const char *text)
{
    free(pki_write_text(stage->files.dir, name, text));
}

/* Another CA is trusted from now on, and its clients may have all. */
static void swap(struct stage *stage)
{
    struct pki *other = pki_ca("CN=Another CA");
    char *pem = pki_pem(other->certificate);
    struct error error = {.kind = ERROR_NONE};

    write_over(stage, "ca.cer", pem);
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    write_over(stage, "access.rules", "allow any user=anybody\n");
    cr_assert(service_rules_load(&stage->service, &error), "%s", error.text);
    free(pem);
    pki_free(other);
}

struct rules *__wrap_rules_current_get(struct rules_current *current)
{
    struct stage *stage = swapped;

    swapped = NULL;
    if (stage != NULL)
        swap(stage);
    return __real_rules_current_get(current);
}

/* Nobody's client may have what neither the former trust and rules nor the new ones let it have. */
Test(gate_snapshot, new_rules_never_count_with_the_trust_before_them)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *answer;

    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, SECRET)));
    swapped = stage;
    answer = ASK(stage, REQUEST_AUTHORIZER, GET, SECRET);
    cr_expect_null(swapped, "the rules were not asked for");
    cr_expect(is_no(answer), "%s", answer);
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    stage_free(stage);
}
