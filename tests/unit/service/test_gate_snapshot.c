/* SPDX-License-Identifier: ISC */
#include "service/gate_snapshot.h"
#include "service/service_rules.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Another CA is trusted from now on; the files of the trust are loaded, those of the rules not. */
static void trust_another(struct stage *stage)
{
    struct pki *other = pki_ca("CN=Another CA");
    char *pem = pki_pem(other->certificate);
    struct error error = {.kind = ERROR_NONE};

    free(pki_write_text(stage->files.dir, "ca.cer", pem));
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    free(pem);
    pki_free(other);
}

static void write_rules(struct stage *stage, const char *text)
{
    free(pki_write_text(stage->files.dir, "access.rules", text));
}

/* Nobody's client may have what neither the former trust and rules nor the new ones let it have:
 * the client's CA goes, and those of the new one may have all. */
Test(gate_snapshot, new_rules_never_count_with_the_trust_before_them)
{
    struct stage *stage = stage_new(usual_rules, NULL);

    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, SECRET)));
    trust_another(stage);
    write_rules(stage, "allow any user=anybody\n");
    service_rules_look(&stage->service, true);
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, SECRET)));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    stage_free(stage);
}

Test(gate_snapshot, a_new_trust_does_not_count_with_the_rules_before_it)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct gate_snapshot before = gate_current_get(stage->service.gate), now;

    trust_another(stage);
    now = gate_current_get(stage->service.gate);
    cr_expect_eq(now.trust, before.trust, "the rules for it are not loaded yet");
    cr_expect_eq(now.rules, before.rules);
    gate_snapshot_release(&now);
    write_rules(stage, "deny any\n");
    service_rules_look(&stage->service, true);
    now = gate_current_get(stage->service.gate);
    cr_expect_neq(now.trust, before.trust);
    cr_expect_neq(now.rules, before.rules);
    gate_snapshot_release(&now);
    gate_snapshot_release(&before);
    stage_free(stage);
}

Test(gate_snapshot, rules_that_are_refused_leave_the_former_ones_with_the_new_trust)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct gate_snapshot before = gate_current_get(stage->service.gate), now;

    trust_another(stage);
    write_rules(stage, "nonsense\n");
    service_rules_look(&stage->service, true);
    now = gate_current_get(stage->service.gate);
    cr_expect_neq(now.trust, before.trust);
    cr_expect_eq(now.rules, before.rules);
    gate_snapshot_release(&now);
    gate_snapshot_release(&before);
    stage_free(stage);
}

Test(gate_snapshot, nothing_counts_before_anything_is_loaded)
{
    struct gate_current *current = gate_current_new();
    struct gate_snapshot none = gate_current_get(current), of_none = gate_current_get(NULL);

    cr_expect_null(none.trust);
    cr_expect_null(none.rules);
    cr_expect_null(none.shadow);
    cr_expect_null(of_none.trust);
    gate_snapshot_release(&none);
    gate_current_free(current);
    gate_current_free(NULL);
}
