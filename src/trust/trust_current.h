#ifndef PEERCERT_TRUST_CURRENT_H
#define PEERCERT_TRUST_CURRENT_H

#include "trust/trust.h"

/* The snapshot that counts now. A new one is built aside and swapped in; requests keep the one that
 * they began with. Safe in several threads at once. */
struct trust_current;

enum trust_change {
    TRUST_SAME,    /* nothing changed since the last look, or what is broken was told already */
    TRUST_CHANGED, /* a new snapshot counts from now on */
    TRUST_KEPT,    /* the new files are not usable: the old snapshot still counts */
};

/* Makes one without a snapshot. The configuration is borrowed as long as it lives. NULL for want of
 * memory; free with trust_current_free. */
struct trust_current *trust_current_new(const struct config *config);
void trust_current_free(struct trust_current *current);

/* The snapshot that counts, with a reference that the caller gives back with trust_release; NULL
 * when none could be loaded. */
struct trust *trust_current_get(struct trust_current *current);

/* Loads the files and swaps the snapshot in. TRUST_KEPT with an error when they cannot be loaded,
 * or would un-revoke (trust_is_successor). *warning as trust_load has it. */
enum trust_change trust_current_reload(
    struct trust_current *current, struct error *warning, struct error *error);

/* Looks whether the content of the files is another than that of the snapshot, and if so reloads.
 * The same broken content, and the same reason why files cannot be read, is told once. To be called
 * by one thread. */
enum trust_change trust_current_look(
    struct trust_current *current, struct error *warning, struct error *error);

/* Whether a snapshot may follow another: no issuer (name, key identifier and scope of its CRLs)
 * loses its CRLs or gets ones with a lower cRLNumber (RFC 5280 section 5.2.3) or an earlier
 * thisUpdate. Otherwise what was revoked would be valid again. false with an error that names the
 * issuer. */
bool trust_is_successor(const struct trust *old, const struct trust *new, struct error *error);

/* Whether the cRLNumber of one CRL is at least that of another (RFC 5280 section 5.2.3). One that
 * is missing or cannot be read is lower than any other, for want of memory too. */
bool trust_number_is_as_high(const X509_CRL *new, const X509_CRL *old);

#endif
