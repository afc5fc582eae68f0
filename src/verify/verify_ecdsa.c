/* SPDX-License-Identifier: ISC */
#include "verify/verify_ecdsa.h"
#include "certificate/der.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

int ecdsa_curve(const X509 *certificate)
{
    const ASN1_OBJECT *kind = NULL, *curve = NULL;
    X509_ALGOR *algorithm = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;

    if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(certificate)) !=
        1)
        return NID_undef;
    X509_ALGOR_get0(&kind, &type, &value, algorithm);
    if (OBJ_obj2nid(kind) != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT)
        return NID_undef;
    curve = value;
    return OBJ_obj2nid(curve);
}

/* The digest that is signed, as ECDSA takes it: its first bits, as many as the order has (SEC 1
 * section 4.1.4). false when it cannot be told. */
static bool get_digest(const X509 *certificate, int order_bits, BIGNUM *number)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    int length = i2d_X509(certificate, &der), nid = NID_undef, kind = NID_undef, used;
    struct der_span whole = {der, length > 0 ? (size_t)length : 0}, inside, content, all;
    const EVP_MD *type;
    unsigned int size = 0;
    bool good;

    type = OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &nid, &kind) == 1 &&
                   kind == NID_X9_62_id_ecPublicKey
               ? EVP_get_digestbynid(nid)
               : NULL;
    good = type != NULL && der_take(&whole, DER_SEQUENCE, &inside);
    all = good ? inside : whole;
    good = good && der_take(&inside, DER_SEQUENCE, &content) &&
           EVP_Digest(all.at, all.length - inside.length, digest, &size, type, NULL) == 1;
    OPENSSL_free(der);
    if (!good)
        return false;
    used = (int)size * 8 > order_bits ? (order_bits + 7) / 8 : (int)size;
    return BN_bin2bn(digest, used, number) != NULL &&
           (used * 8 <= order_bits || BN_rshift(number, number, used * 8 - order_bits) == 1);
}

/* Numbers of one recovery; borrowed from a BN_CTX. */
struct recovery {
    const EC_GROUP *group;
    const BIGNUM *order; /* the group's */
    BN_CTX *context;
    const BIGNUM *r;
    BIGNUM *of_generator, *of_point; /* -digest / r, s / r */
    const BIGNUM *zero;              /* NULL: the curve has code of its own in libcrypto */
};

/* false when the signature is none that any key makes. */
static bool set_factors(
    struct recovery *recovery, const ECDSA_SIG *signature, const BIGNUM *digest, bool *failed)
{
    const BIGNUM *s = ECDSA_SIG_get0_s(signature), *order = recovery->order;
    BIGNUM *inverse = BN_CTX_get(recovery->context);

    recovery->r = ECDSA_SIG_get0_r(signature);
    if (BN_is_zero(recovery->r) || BN_is_negative(recovery->r) || BN_cmp(recovery->r, order) >= 0 ||
        BN_is_zero(s) || BN_is_negative(s) || BN_cmp(s, order) >= 0)
        return false;
    *failed = inverse == NULL ||
              BN_mod_inverse(inverse, recovery->r, order, recovery->context) == NULL ||
              BN_mod_mul(recovery->of_point, s, inverse, order, recovery->context) != 1 ||
              BN_mod_mul(recovery->of_generator, digest, inverse, order, recovery->context) != 1 ||
              BN_mod_sub(recovery->of_generator, order, recovery->of_generator, order,
                  recovery->context) != 1;
    return !*failed;
}

static bool add_key(
    const struct recovery *recovery, const EC_POINT *point, BIGNUM *x, struct ecdsa_keys *keys)
{
    if (EC_POINT_is_at_infinity(recovery->group, point) == 1)
        return true;
    return EC_POINT_get_affine_coordinates(recovery->group, point, x, NULL, recovery->context) ==
               1 &&
           BN_bn2binpad(x, keys->x[keys->count++], (int)keys->length) == (int)keys->length;
}

/* Factors of this are no secret. With one factor alone libcrypto takes the same time for each,
 * which is longer but for some curves. */
static bool multiply(const struct recovery *recovery, EC_POINT *generated, EC_POINT *point)
{
    const EC_POINT *other = recovery->zero != NULL ? point : NULL;

    return EC_POINT_mul(recovery->group, generated, recovery->of_generator, other, recovery->zero,
               recovery->context) == 1 &&
           EC_POINT_mul(recovery->group, point, recovery->zero, point, recovery->of_point,
               recovery->context) == 1;
}

/* The two keys that belong to a point with this x, if there is one: s/r times it, or times its
 * opposite, minus digest/r times the generator. */
static bool add_keys_of(const struct recovery *recovery, const BIGNUM *x, struct ecdsa_keys *keys)
{
    EC_POINT *point = EC_POINT_new(recovery->group), *base = EC_POINT_new(recovery->group);
    EC_POINT *sum = EC_POINT_new(recovery->group);
    BIGNUM *its = BN_CTX_get(recovery->context);
    bool good = point != NULL && base != NULL && sum != NULL && its != NULL;

    if (good &&
        EC_POINT_set_compressed_coordinates(recovery->group, point, x, 0, recovery->context) == 1)
        good = multiply(recovery, base, point) &&
               EC_POINT_add(recovery->group, sum, base, point, recovery->context) == 1 &&
               add_key(recovery, sum, its, keys) &&
               EC_POINT_invert(recovery->group, point, recovery->context) == 1 &&
               EC_POINT_add(recovery->group, sum, base, point, recovery->context) == 1 &&
               add_key(recovery, sum, its, keys);
    EC_POINT_free(point);
    EC_POINT_free(base);
    EC_POINT_free(sum);
    return good;
}

/* r is the x of a point, modulo the order, which may be less than the prime. */
static bool recover(struct recovery *recovery, const X509 *certificate, struct ecdsa_keys *keys)
{
    BIGNUM *x = BN_CTX_get(recovery->context), *prime = BN_CTX_get(recovery->context);
    BIGNUM *digest = BN_CTX_get(recovery->context);
    const ASN1_BIT_STRING *bits = NULL;
    const unsigned char *at;
    ECDSA_SIG *signature;
    bool good, failed = false;

    recovery->of_generator = BN_CTX_get(recovery->context);
    recovery->of_point = BN_CTX_get(recovery->context);
    if (recovery->of_point == NULL ||
        EC_GROUP_get_curve(recovery->group, prime, NULL, NULL, recovery->context) != 1 ||
        !get_digest(certificate, BN_num_bits(recovery->order), digest))
        return false;
    keys->length = (size_t)BN_num_bytes(prime);
    if (keys->length > ECDSA_MOST_BYTES)
        return false;
    X509_get0_signature(&bits, NULL, certificate);
    at = ASN1_STRING_get0_data(bits);
    signature = d2i_ECDSA_SIG(NULL, &at, ASN1_STRING_length(bits));
    if (signature == NULL || !set_factors(recovery, signature, digest, &failed)) {
        ECDSA_SIG_free(signature);
        return !failed;
    }
    good = BN_copy(x, recovery->r) != NULL;
    while (good && BN_cmp(x, prime) < 0 && keys->count < 4)
        good = add_keys_of(recovery, x, keys) && BN_add(x, x, recovery->order) == 1;
    ECDSA_SIG_free(signature);
    return good;
}

bool ecdsa_find_keys(const X509 *certificate, int curve, struct ecdsa_keys *keys)
{
    EC_GROUP *group = curve != NID_undef ? EC_GROUP_new_by_curve_name(curve) : NULL;
    struct recovery recovery = {.group = group};
    BIGNUM *zero = BN_new();
    bool good;

    *keys = (struct ecdsa_keys){.count = 0};
    if (group == NULL || zero == NULL) {
        EC_GROUP_free(group);
        BN_free(zero);
        return false;
    }
    BN_zero(zero);
    recovery.order = EC_GROUP_get0_order(group);
    if (curve != NID_X9_62_prime256v1 && curve != NID_secp521r1)
        recovery.zero = zero;
    recovery.context = BN_CTX_new();
    good = recovery.context != NULL && EC_GROUP_get_field_type(group) == NID_X9_62_prime_field &&
           BN_is_one(EC_GROUP_get0_cofactor(group));
    if (good) {
        BN_CTX_start(recovery.context);
        good = recover(&recovery, certificate, keys);
        BN_CTX_end(recovery.context);
    }
    BN_CTX_free(recovery.context);
    BN_free(zero);
    EC_GROUP_free(group);
    return good;
}

/* A point is encoded with its x first, compressed or not (SEC 1 section 2.3.3). */
bool ecdsa_has_key(const struct ecdsa_keys *keys, const X509 *issuer)
{
    const ASN1_BIT_STRING *point = X509_get0_pubkey_bitstr(issuer);
    int i;

    for (i = 0; i < keys->count; i++) {
        if ((size_t)ASN1_STRING_length(point) > keys->length &&
            memcmp(ASN1_STRING_get0_data(point) + 1, keys->x[i], keys->length) == 0)
            return true;
    }
    return false;
}
