/* SPDX-License-Identifier: ISC */
#include "verify/verify_path.h"
#include "certificate/identity.h"
#include "verify/verify_check.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

/* The keyIdentifier of an authorityKeyIdentifier (RFC 5280 section 4.2.1.1). All of the extension
 * is not decoded: it is a stranger's and may be large. */
static void read_key_id(struct path_node *node)
{
    int at = X509_get_ext_by_NID(node->certificate, NID_authority_key_identifier, -1);
    const ASN1_OCTET_STRING *value;
    const unsigned char *data;
    long length = 0;
    int tag = 0, class = 0;

    if (at < 0)
        return;
    value = X509_EXTENSION_get_data(X509_get_ext(node->certificate, at));
    data = ASN1_STRING_get0_data(value);
    if (ASN1_get_object(&data, &length, &tag, &class, ASN1_STRING_length(value)) !=
            V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL || length == 0)
        return;
    if (ASN1_get_object(&data, &length, &tag, &class, length) != 0 || tag != 0 ||
        class != V_ASN1_CONTEXT_SPECIFIC)
        return;
    node->key_id = data;
    node->key_id_length = length;
}

bool path_names_other_key(const struct path_node *node, X509 *issuer)
{
    const ASN1_OCTET_STRING *id = node->key_id != NULL ? X509_get0_subject_key_id(issuer) : NULL;

    return id != NULL &&
           (ASN1_STRING_length(id) != node->key_id_length ||
               memcmp(ASN1_STRING_get0_data(id), node->key_id, (size_t)node->key_id_length) != 0);
}

/* The same bytes are signed by the same signature. Not X509_cmp, which reads all extensions. */
static bool is_same(const X509 *one, const X509 *other)
{
    const ASN1_BIT_STRING *a = NULL, *b = NULL;

    if (one == other)
        return true;
    X509_get0_signature(&a, NULL, one);
    X509_get0_signature(&b, NULL, other);
    return ASN1_STRING_cmp(a, b) == 0 &&
           X509_NAME_cmp(X509_get_subject_name(one), X509_get_subject_name(other)) == 0;
}

static void add_node(struct path_search *search, X509 *certificate, bool operators)
{
    int i;

    for (i = 0; i < search->node_count; i++) {
        if (is_same(search->nodes[i].certificate, certificate))
            return;
    }
    if (search->node_count == PATH_NODES) {
        search->exhausted = true;
        return;
    }
    search->nodes[i] =
        (struct path_node){.certificate = certificate, .round = -1, .operators = operators};
    read_key_id(&search->nodes[i]);
    search->node_count++;
}

static void add_issuers(
    struct path_search *search, const X509_NAME *name, STACK_OF(X509) * from, bool operators)
{
    int i;

    for (i = 0; from != NULL && i < sk_X509_num(from); i++) {
        X509 *certificate = sk_X509_value(from, i);

        if (X509_NAME_cmp(X509_get_subject_name(certificate), name) == 0)
            add_node(search, certificate, operators);
    }
}

/* All certificates that a path may lead through, by their names alone. */
static void collect(struct path_search *search)
{
    int i;

    add_node(search, search->leaf, false);
    for (i = 0; i < search->node_count; i++) {
        const X509_NAME *name = X509_get_issuer_name(search->nodes[i].certificate);

        add_issuers(search, name, trust_intermediates(search->trust), true);
        add_issuers(search, name, trust_issued_anchors(search->trust), true);
        add_issuers(search, name, search->chain, false);
    }
}

bool path_has_two_algorithms(const X509 *certificate)
{
    const X509_ALGOR *algorithm = NULL;

    X509_get0_signature(NULL, &algorithm, certificate);
    return X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(certificate)) != 0;
}

int path_compare_date(const ASN1_TIME *date, time_t now)
{
    time_t seconds;

    if (!identity_time(date, &seconds))
        return 0;
    return seconds <= now ? -1 : 1;
}

bool path_is_current(const X509 *certificate, time_t now)
{
    return path_compare_date(X509_get0_notBefore(certificate), now) < 0 &&
           path_compare_date(X509_get0_notAfter(certificate), now) > 0;
}

/* The extensions of both may be read now: an anchor vouches for them. */
static int rank_of(const struct path_search *search, int below, int above, X509 *issuer)
{
    int rank = path_is_current(issuer, search->now) ? 0 : 8;

    switch (X509_check_issued(issuer, search->nodes[below].certificate)) {
    case X509_V_OK:
        break;
    case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
        rank += 4;
        break;
    default:
        rank += 16;
        break;
    }
    if (above >= 0)
        rank += search->nodes[above].operators ? 1 : 2;
    return rank;
}

/* A CA of --ca that is below another one of it: its key identifiers are passed over, as they are
 * where it is an anchor itself. */
static bool is_trusted_ca(const struct path_search *search, const struct path_node *node)
{
    return node->operators && trust_is_anchor(search->trust, node->certificate);
}

static void try_link(struct path_search *search, int below, int above, X509 *issuer, int round)
{
    struct path_node *node = &search->nodes[below];

    if ((path_names_other_key(node, issuer) && !is_trusted_ca(search, node)) ||
        !path_is_signed(search, below, issuer))
        return;
    search->links[search->link_count++] =
        (struct path_link){below, above, issuer, rank_of(search, below, above, issuer)};
    if (node->round < 0)
        node->round = round;
}

static bool is_issuer_by_name(X509 *issuer, const struct path_node *node)
{
    return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(node->certificate)) ==
           0;
}

static void try_anchors_of(struct path_search *search, bool current)
{
    STACK_OF(X509) *anchors = trust_anchors(search->trust);
    int i, below;

    /* Where one that is current signed the leaf, one that is not leads to nothing better. */
    for (below = !current && search->nodes[0].round == 0; below < search->node_count; below++) {
        for (i = 0; i < sk_X509_num(anchors); i++) {
            X509 *anchor = sk_X509_value(anchors, i);

            /* A copy of an anchor that came along leads nowhere that the anchor does not. */
            if (is_issuer_by_name(anchor, &search->nodes[below]) &&
                path_is_current(anchor, search->now) == current &&
                (below == 0 || !is_same(anchor, search->nodes[below].certificate)))
                try_link(search, below, -1, anchor, 0);
        }
    }
}

/* Those that are out of date come last: where a CA keeps all its old certificates, there may be
 * more of them than are tried. */
static void try_anchors(struct path_search *search)
{
    try_anchors_of(search, true);
    try_anchors_of(search, false);
}

/* An anchor that did not sign itself is a node for what stands above it alone. */
static bool is_anchor(const struct path_search *search, const X509 *certificate)
{
    STACK_OF(X509) *issued = trust_issued_anchors(search->trust);
    int i;

    for (i = 0; i < sk_X509_num(issued); i++) {
        if (sk_X509_value(issued, i) == certificate)
            return true;
    }
    return false;
}

static void try_nodes(struct path_search *search, int round)
{
    int above, below;

    for (above = 1; above < search->node_count; above++) {
        X509 *issuer = search->nodes[above].certificate;

        if (search->nodes[above].round != round - 1 || is_anchor(search, issuer))
            continue;
        for (below = 0; below < search->node_count; below++) {
            if (below != above && is_issuer_by_name(issuer, &search->nodes[below]))
                try_link(search, below, above, issuer, round);
        }
    }
}

void path_search(struct path_search *search)
{
    int round;

    (void)ERR_set_mark();
    collect(search);
    try_anchors(search);
    for (round = 1; round < PATH_LENGTH - 1; round++)
        try_nodes(search, round);
    (void)ERR_pop_to_mark();
}

static bool is_on_path(const struct path *path, const X509 *certificate)
{
    int i;

    for (i = 0; i < path->length; i++) {
        if (path->certificates[i] == certificate)
            return true;
    }
    return false;
}

/* The best link above a node after `last` in the order of rank and number; -1 when none is. */
static int next_link(const struct path_search *search, int below, int last)
{
    int best = -1, i;

    for (i = 0; i < search->link_count; i++) {
        const struct path_link *link = &search->links[i];

        if (link->below != below ||
            (last >= 0 && (link->rank < search->links[last].rank ||
                              (link->rank == search->links[last].rank && i <= last))))
            continue;
        if (best < 0 || link->rank < search->links[best].rank)
            best = i;
    }
    return best;
}

/* Depth first; *left counts the paths that are passed over. The depth is PATH_LENGTH at most. */
static bool descend(const struct path_search *search, int below, int *left, struct path *path)
{
    int at;

    if (path->length >= PATH_LENGTH - 1)
        return false;
    path->certificates[path->length++] = search->nodes[below].certificate;
    for (at = next_link(search, below, -1); at >= 0; at = next_link(search, below, at)) {
        const struct path_link *link = &search->links[at];

        if (is_on_path(path, link->issuer))
            continue;
        if (link->above >= 0) {
            if (descend(search, link->above, left, path))
                return true;
        } else if ((*left)-- == 0) {
            path->certificates[path->length++] = link->issuer;
            return true;
        }
    }
    path->length--;
    return false;
}

bool path_take(const struct path_search *search, int nth, struct path *path)
{
    *path = (struct path){.length = 0};
    return descend(search, 0, &nth, path);
}

bool path_take_above(
    const struct path_search *search, const struct path *lower, int nth, struct path *path)
{
    const X509 *anchor = path_at(lower, lower->length - 1);
    int i;

    *path = *lower;
    path->length--;
    for (i = 1; i < search->node_count; i++) {
        if (search->nodes[i].certificate == anchor)
            return descend(search, i, &nth, path);
    }
    return false;
}

X509 *path_at(const struct path *path, int place)
{
    return place >= 0 && place < path->length ? path->certificates[place] : NULL;
}

X509 *path_issuer(const struct path *path, const X509 *certificate)
{
    int i;

    for (i = 0; i + 1 < path->length; i++) {
        if (path->certificates[i] == certificate)
            return path->certificates[i + 1];
    }
    return NULL;
}

STACK_OF(X509) * path_borrow(const struct path *path, int from, int to)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    int i;

    for (i = from; stack != NULL && i < to; i++) {
        if (sk_X509_push(stack, path->certificates[i]) <= 0) {
            sk_X509_free(stack);
            return NULL;
        }
    }
    return stack;
}
