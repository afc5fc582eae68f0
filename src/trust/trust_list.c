/* SPDX-License-Identifier: ISC */
#include "trust/trust_list.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct trust_list {
    atomic_uint references;
    struct crl *crl;
    _Atomic(EVP_PKEY *) signer; /* set once */
    pthread_mutex_t lock;       /* guards the CRL's encoding and what follows */
    EVP_PKEY *refused[TRUST_LIST_REFUSED];
    unsigned next_refused;
};

struct trust_list *trust_list_new(struct crl *crl)
{
    struct trust_list *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return NULL;
    if (pthread_mutex_init(&list->lock, NULL) != 0) {
        free(list);
        return NULL;
    }
    atomic_init(&list->references, 1);
    atomic_init(&list->signer, NULL);
    list->crl = crl;
    return list;
}

struct trust_list *trust_list_retain(struct trust_list *list)
{
    atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
    return list;
}

void trust_list_release(struct trust_list *list)
{
    int i;

    if (list == NULL || atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) != 1)
        return;
    crl_free(list->crl);
    EVP_PKEY_free(atomic_load(&list->signer));
    for (i = 0; i < TRUST_LIST_REFUSED; i++)
        EVP_PKEY_free(list->refused[i]);
    (void)pthread_mutex_destroy(&list->lock);
    free(list);
}

const struct crl *trust_list_crl(const struct trust_list *list)
{
    return list->crl;
}

EVP_PKEY *trust_list_signer(const struct trust_list *list)
{
    return atomic_load_explicit(&list->signer, memory_order_acquire);
}

static bool is_same_key(const EVP_PKEY *one, const EVP_PKEY *other)
{
    bool same = one == other;

    if (!same) {
        (void)ERR_set_mark();
        same = EVP_PKEY_eq(one, other) == 1;
        (void)ERR_pop_to_mark();
    }
    return same;
}

static bool was_refused(const struct trust_list *list, const EVP_PKEY *key)
{
    int i;

    for (i = 0; i < TRUST_LIST_REFUSED && list->refused[i] != NULL; i++) {
        if (is_same_key(list->refused[i], key))
            return true;
    }
    return false;
}

/* The oldest answer makes way. */
static void remember_refused(struct trust_list *list, EVP_PKEY *key)
{
    if (EVP_PKEY_up_ref(key) != 1)
        return;
    EVP_PKEY_free(list->refused[list->next_refused]);
    list->refused[list->next_refused] = key;
    list->next_refused = (list->next_refused + 1) % TRUST_LIST_REFUSED;
}

static int prove(struct trust_list *list, EVP_PKEY *key)
{
    EVP_PKEY *signer = trust_list_signer(list);
    int result;

    if (signer != NULL)
        return is_same_key(signer, key);
    if (was_refused(list, key))
        return 0;
    result = crl_verify(list->crl, key);
    if (result == 0)
        remember_refused(list, key);
    if (result != 1)
        return result;
    if (EVP_PKEY_up_ref(key) != 1)
        return -1;
    atomic_store_explicit(&list->signer, key, memory_order_release);
    crl_forget_encoding(list->crl);
    return 1;
}

int trust_list_is_by(struct trust_list *list, EVP_PKEY *key)
{
    EVP_PKEY *signer = trust_list_signer(list);
    int result;

    if (signer != NULL)
        return is_same_key(signer, key);
    (void)pthread_mutex_lock(&list->lock);
    result = prove(list, key);
    (void)pthread_mutex_unlock(&list->lock);
    return result;
}
