/* SPDX-License-Identifier: ISC */
#include "verify/verify_stranger.h"
#include "verify/verify_check.h"
#include "verify/verify_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

/* The largest of a stranger's own keys that is used, to tell whether it signed itself. */
#define OWN_KEY_BITS 4096

static bool is_of_name(X509 *issuer, X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) == 0;
}

static bool names_itself(X509 *certificate)
{
    return is_of_name(certificate, certificate);
}

static bool signed_itself(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);

    return key != NULL && EVP_PKEY_get_bits(key) <= OWN_KEY_BITS && !key_is_bad(certificate) &&
           X509_verify(certificate, key) == 1;
}

/* The certificate of the search whose issuer the node names, and that may stand above it; -1 when
 * there is none. */
static int find_above(const struct path_search *search, int below, const bool *passed)
{
    int i;

    for (i = 1; i < search->node_count; i++) {
        if (!passed[i] &&
            is_of_name(search->nodes[i].certificate, search->nodes[below].certificate))
            return i;
    }
    return -1;
}

static bool has_unknown_algorithm(const X509 *certificate)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    int digest = NID_undef, key = NID_undef, nid;

    X509_get0_signature(NULL, &algorithm, certificate);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    nid = OBJ_obj2nid(object);
    return nid == NID_undef || OBJ_find_sigid_algs(nid, &digest, &key) != 1;
}

/* Of those that could have signed a certificate: anchors, and what they vouch for. */
struct candidates {
    bool any, other_key_id, signed_anyway, unreadable_key;
};

static void look_at(
    struct path_search *search, int below, X509 *issuer, struct candidates *candidates)
{
    if (!is_of_name(issuer, search->nodes[below].certificate))
        return;
    candidates->any = true;
    if (X509_get0_pubkey(issuer) == NULL)
        candidates->unreadable_key = true;
    if (!path_names_other_key(&search->nodes[below], issuer))
        return;
    candidates->other_key_id = true;
    if (!candidates->signed_anyway && path_is_signed(search, below, issuer))
        candidates->signed_anyway = true;
}

static struct candidates look_at_all(struct path_search *search, int below)
{
    STACK_OF(X509) *anchors = trust_anchors(search->trust);
    struct candidates candidates = {.any = false};
    int i;

    for (i = 0; i < sk_X509_num(anchors); i++)
        look_at(search, below, sk_X509_value(anchors, i), &candidates);
    for (i = 1; i < search->node_count; i++) {
        if (i != below && search->nodes[i].round >= 0)
            look_at(search, below, search->nodes[i].certificate, &candidates);
    }
    return candidates;
}

/* Of a certificate that a trusted CA of that name did not sign, or so it seems. */
static enum verify_cause judge(
    struct path_search *search, int below, const struct candidates *candidates)
{
    const X509 *certificate = search->nodes[below].certificate;

    if (path_has_two_algorithms(certificate))
        return CAUSE_ALGORITHMS_DIFFER;
    if (has_unknown_algorithm(certificate))
        return CAUSE_ALGORITHM_UNKNOWN;
    if (candidates->signed_anyway)
        return CAUSE_OTHER_KEY_ID;
    if (candidates->unreadable_key)
        return CAUSE_CA_KEY_UNKNOWN;
    if (search->bad_key)
        return CAUSE_BAD_KEY;
    if (search->exhausted)
        return CAUSE_TOO_MANY_CAS;
    return candidates->other_key_id ? CAUSE_OTHER_KEY : CAUSE_SIGNATURE;
}

/* What it names as its issuer is itself: a leaf, or the end of a chain. */
static enum verify_cause judge_root(const struct path_search *search, int at)
{
    if (at != 0)
        return CAUSE_OTHER_ROOT;
    return signed_itself(search->leaf) ? CAUSE_SELF_SIGNED : CAUSE_SELF_ISSUED;
}

static struct finding found(enum verify_cause cause, int depth)
{
    return (struct finding){.code = verify_cause_code(cause), .depth = depth, .cause = cause};
}

struct finding stranger_find_fault(struct path_search *search, X509 **about)
{
    bool passed[PATH_NODES] = {false};
    struct finding fault;
    int at = 0, depth = 0, above;

    (void)ERR_set_mark();
    for (;;) {
        struct candidates candidates = look_at_all(search, at);

        passed[at] = true;
        above = find_above(search, at, passed);
        if (candidates.any) {
            fault = found(judge(search, at, &candidates), depth);
            break;
        }
        if (names_itself(search->nodes[at].certificate)) {
            fault = found(judge_root(search, at), depth);
            break;
        }
        if (above == -1) {
            fault = found(CAUSE_ISSUER_UNKNOWN, depth);
            break;
        }
        at = above;
        depth++;
    }
    *about = search->nodes[at].certificate;
    if (trust_is_anchor(search->trust, search->leaf)) {
        fault = found(CAUSE_TRUSTED_CA, 0);
        *about = search->leaf;
    }
    (void)ERR_pop_to_mark();
    return fault;
}
