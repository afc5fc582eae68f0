/* SPDX-License-Identifier: ISC */
#include "verify/verify_names.h"
#include "base/network.h"
#include "base/text.h"
#include "verify/verify_directory.h"
#include "verify/verify_utf8_mailbox.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

/* Bytes, borrowed; never NULL. */
struct part {
    const char *at;
    size_t length;
};

static const struct part nothing = {"", 0};

static struct part part_of(const ASN1_STRING *string)
{
    const char *data = (const char *)ASN1_STRING_get0_data(string);

    return data != NULL ? (struct part){data, (size_t)ASN1_STRING_length(string)} : nothing;
}

static struct part without_final_dot(struct part part)
{
    while (part.length > 0 && part.at[part.length - 1] == '.')
        part.length--;
    return part;
}

static bool has(struct part part, char character)
{
    return memchr(part.at, character, part.length) != NULL;
}

static bool is_same(struct part one, struct part other)
{
    return one.length == other.length && strncasecmp(one.at, other.at, one.length) == 0;
}

static bool is_letter_or_digit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
}

/* strchr finds the NUL too. */
static bool is_one_of(char character, const char *characters)
{
    return character != '\0' && strchr(characters, character) != NULL;
}

static bool consists_of(struct part part, const char *others)
{
    size_t i;

    for (i = 0; i < part.length; i++) {
        if (!is_letter_or_digit(part.at[i]) && !is_one_of(part.at[i], others))
            return false;
    }
    return true;
}

/* Letters, digits and hyphens, and the underscore that is in use. With anything else two programs
 * may read two hosts. */
static bool is_host(struct part part)
{
    return consists_of(part, "-_.");
}

/* Whether a name is below a domain: ends in a dot and it. */
static bool is_below(struct part name, struct part domain)
{
    const struct part end = {name.at + (name.length - domain.length), domain.length};

    return name.length > domain.length && is_same(end, domain) &&
           name.at[name.length - domain.length - 1] == '.';
}

/* An excluded subtree of every name of its kind. */
static bool is_all(struct part base)
{
    return without_final_dot(base).length == 0;
}

/* A host against a subtree of URIs or mailboxes, which is not of every name: with a leading dot its
 * subdomains, else itself. */
static bool host_matches(struct part host, struct part base)
{
    base = without_final_dot(base);
    if (base.at[0] == '.')
        return is_below(host, (struct part){base.at + 1, base.length - 1});
    return is_same(host, base);
}

/* A host, whose first label may have wildcards. */
static bool dns_host(struct part name, struct part *host)
{
    const char *dot = memchr(name.at, '.', name.length);
    size_t label = dot != NULL ? (size_t)(dot - name.at) : name.length;

    *host = without_final_dot(name);
    return consists_of((struct part){name.at, label}, "-_*") &&
           is_host((struct part){name.at + label, name.length - label});
}

/* Of a subtree that is not of every name. */
static bool dns_matches(struct part name, struct part host, struct part base)
{
    const char *dot;

    (void)host;
    base = without_final_dot(base);
    name = without_final_dot(name);
    if (base.at[0] == '.')
        base = (struct part){base.at + 1, base.length - 1};
    if (is_same(name, base) || is_below(name, base))
        return true;
    if (!has(name, '*'))
        return false;
    /* A wildcard stands for any first label. */
    dot = memchr(name.at, '.', name.length);
    if (dot == NULL)
        return true;
    return is_below(base, (struct part){dot + 1, name.length - (size_t)(dot + 1 - name.at)});
}

/* The host of a mailbox; false when it is none of the form that constraints are about: its local
 * part is a dot-string (RFC 5321 section 4.1.2), without quotes. */
static bool mail_host(struct part name, struct part *host)
{
    const char *at = memchr(name.at, '@', name.length);

    if (at == NULL ||
        !consists_of((struct part){name.at, (size_t)(at - name.at)}, "!#$%&'*+-/=?^_`{|}~."))
        return false;
    host->at = at + 1;
    host->length = name.length - (size_t)(at + 1 - name.at);
    *host = without_final_dot(*host);
    return host->length > 0 && is_host(*host);
}

static bool mail_matches(struct part name, struct part host, struct part base)
{
    if (has(base, '@'))
        return is_same(without_final_dot(name), without_final_dot(base));
    return host_matches(host, base);
}

/* No name, but nothing, or an address: a last label of digits, or hexadecimal (the URL standard of
 * WHATWG, section 3.5). */
static bool is_address(struct part host)
{
    const char *dot = memrchr(host.at, '.', host.length);
    struct part last = host;
    size_t i, digits = 0;

    if (dot != NULL)
        last = (struct part){dot + 1, host.length - (size_t)(dot + 1 - host.at)};
    for (i = 0; i < last.length; i++)
        digits += last.at[i] >= '0' && last.at[i] <= '9' ? 1 : 0;
    if (digits == last.length)
        return true;
    if (last.length < 2 || last.at[0] != '0' || (last.at[1] != 'x' && last.at[1] != 'X'))
        return false;
    for (i = 2; i < last.length; i++) {
        if (!is_letter_or_digit(last.at[i]) || (last.at[i] | 0x20) > 'f')
            return false;
    }
    return true;
}

/* The host of a URI (RFC 3986 section 3.2.2); false when it has none that all read alike, or one
 * that is no domain name (RFC 5280 section 4.2.1.10). */
static bool uri_host(struct part name, struct part *host)
{
    static const char slashes[] = "://";
    const char *at = memmem(name.at, name.length, slashes, sizeof(slashes) - 1);
    const char *end = name.at + name.length, *stop;

    if (at == NULL || !consists_of((struct part){name.at, (size_t)(at - name.at)}, "+-.") ||
        has(name, '\\'))
        return false;
    at += sizeof(slashes) - 1;
    for (stop = at; stop < end && !is_one_of(*stop, "/?#"); stop++) {
        if (*stop == '@')
            return false;
    }
    *host = (struct part){at, (size_t)(stop - at)};
    if (has(*host, ':'))
        host->length = (size_t)((const char *)memchr(host->at, ':', host->length) - host->at);
    *host = without_final_dot(*host);
    return is_host(*host) && !is_address(*host);
}

static bool uri_matches(struct part name, struct part host, struct part base)
{
    (void)name;
    return host_matches(host, base);
}

/* An excluded host or domain as RFC 5280 section 4.2.1.10 writes it; final dots are let pass. */
static bool is_domain(struct part base)
{
    base = without_final_dot(base);
    if (base.length > 0 && base.at[0] == '.')
        base = (struct part){base.at + 1, base.length - 1};
    return text_has_labels(base.at, base.length) && is_host(base);
}

/* A mailbox, a host or a domain. */
static bool is_mail_base(struct part base)
{
    struct part host = nothing;

    return has(base, '@') ? base.at[0] != '@' && !has(base, '*') && mail_host(base, &host)
                          : is_domain(base);
}

/* The kinds of names that are strings. */
static const struct kind {
    int type;
    bool (*is_base)(struct part base); /* of an excluded subtree: otherwise it excludes nothing */
    bool (*matches)(struct part name, struct part host, struct part base);
    bool (*get_host)(struct part name, struct part *host); /* false: it cannot be told */
} kinds[] = {
    {GEN_DNS, is_domain, dns_matches, dns_host},
    {GEN_EMAIL, is_mail_base, mail_matches, mail_host},
    {GEN_URI, is_domain, uri_matches, uri_host},
};

static const struct kind *find_kind(int type)
{
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}

/* RFC 4632 section 3.1: ones, then zeros. */
static bool has_holes(const ASN1_OCTET_STRING *base)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(base);
    int half = ASN1_STRING_length(base) / 2, i;
    bool ended = false;

    for (i = half * 8; i < half * 16; i++) {
        bool set = (bytes[i / 8] & (0x80 >> (i % 8))) != 0;

        if (set && ended)
            return true;
        ended = ended || !set;
    }
    return false;
}

/* CAUSE_OF_CODE when nothing is wrong. */
static enum verify_cause judge_subtrees(
    const STACK_OF(GENERAL_SUBTREE) * subtrees, int type, const ASN1_STRING *value, bool excluded)
{
    const struct kind *kind = find_kind(type);
    struct part name = part_of(value), host = nothing;
    int i;

    for (i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(subtrees, i)->base;

        if (base->type != type)
            continue;
        if (type == GEN_IPADD) {
            if (has_holes(base->d.iPAddress))
                return CAUSE_CONSTRAINT_UNREADABLE;
            /* Constraints of neither kind of address find the other. */
            if (network_is_mapped((const unsigned char *)name.at, name.length))
                return CAUSE_CONSTRAINT_NAME;
            continue;
        }
        if (excluded && is_all(part_of(base->d.ia5)))
            return CAUSE_CONSTRAINT;
        if (excluded && !kind->is_base(part_of(base->d.ia5)))
            return CAUSE_CONSTRAINT_UNREADABLE;
        if (has(name, '\0') || !kind->get_host(name, &host))
            return CAUSE_CONSTRAINT_NAME;
        if (excluded && kind->matches(name, host, part_of(base->d.ia5)))
            return CAUSE_CONSTRAINT;
    }
    return CAUSE_OF_CODE;
}

static enum verify_cause judge_name(
    const NAME_CONSTRAINTS *constraints, int type, const ASN1_STRING *value)
{
    enum verify_cause cause;

    cause = judge_subtrees(constraints->excludedSubtrees, type, value, true);
    return cause != CAUSE_OF_CODE
               ? cause
               : judge_subtrees(constraints->permittedSubtrees, type, value, false);
}

/* Names that libcrypto finds in no excluded subtree, but another way to compare Unicode may. */
static enum verify_cause judge_directory(const NAME_CONSTRAINTS *constraints, const X509_NAME *name)
{
    const STACK_OF(GENERAL_SUBTREE) *excluded = constraints->excludedSubtrees;
    int i;

    for (i = 0; i < sk_GENERAL_SUBTREE_num(excluded); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(excluded, i)->base;

        if (base->type == GEN_DIRNAME && directory_may_hold(base->d.directoryName, name))
            return CAUSE_CONSTRAINT_NAME;
    }
    return CAUSE_OF_CODE;
}

static enum verify_cause judge_names(const NAME_CONSTRAINTS *constraints, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const X509_NAME *subject = X509_get_subject_name(certificate);
    enum verify_cause cause = CAUSE_OF_CODE;
    int i;

    for (i = 0; cause == CAUSE_OF_CODE && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_IPADD || find_kind(name->type) != NULL)
            cause = judge_name(constraints, name->type, name->d.ia5);
        else if (name->type == GEN_DIRNAME)
            cause = judge_directory(constraints, name->d.directoryName);
        else if (name->type == GEN_OTHERNAME)
            cause = utf8_mailbox_judge(constraints, name->d.otherName);
    }
    GENERAL_NAMES_free(names);
    if (cause == CAUSE_OF_CODE && X509_NAME_entry_count(subject) > 0)
        cause = judge_directory(constraints, subject);
    i = -1;
    while (cause == CAUSE_OF_CODE &&
           (i = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, i)) >= 0)
        cause = judge_name(
            constraints, GEN_EMAIL, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    return cause;
}

/* RFC 5280 section 6.1.3 b: not to a self-issued certificate, unless it is the last one. */
static bool is_constrained(X509 *certificate, int depth)
{
    return depth == 0 || (X509_get_extension_flags(certificate) & EXFLAG_SI) == 0;
}

bool names_check(struct findings *findings)
{
    const struct path *path = findings->path;
    int above, depth;

    for (above = 1; above < path->length; above++) {
        NAME_CONSTRAINTS *constraints;
        int critical = -1;

        constraints =
            X509_get_ext_d2i(path->certificates[above], NID_name_constraints, &critical, NULL);
        if (constraints == NULL && critical != -1)
            return false;
        for (depth = 0; constraints != NULL && depth < above; depth++) {
            X509 *certificate = path->certificates[depth];
            enum verify_cause cause = is_constrained(certificate, depth)
                                          ? judge_names(constraints, certificate)
                                          : CAUSE_OF_CODE;

            if (cause != CAUSE_OF_CODE)
                findings_add_cause(findings, cause, depth);
        }
        NAME_CONSTRAINTS_free(constraints);
    }
    return true;
}
