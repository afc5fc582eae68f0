/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_MODEL_H
#define PEERCERT_RULES_MODEL_H

#include "base/bytes.h"
#include "base/network.h"
#include "rules/rules.h"
#include "rules/rules_arena.h"
#include <stdatomic.h>

/* What a rule file says, once it is loaded. For this module alone. */

enum rules_key {
    /* identity */
    KEY_ISSUER,
    KEY_GROUP,
    KEY_EMAIL, /* from here to KEY_DC in the order in which a key gives the default user name */
    KEY_UPN,
    KEY_URI,
    KEY_DNS,
    KEY_IP,
    KEY_UID,
    KEY_CN,
    KEY_DN,
    KEY_SERIAL,
    KEY_SHA256,
    KEY_SPKI,
    KEY_OU,
    KEY_O,
    KEY_DC,
    KEY_C,
    KEY_POLICY,
    /* request */
    KEY_HOST,
    KEY_PATH,
    KEY_METHOD,
    KEY_FROM,
    KEY_SINCE,
    KEY_UNTIL,
    KEY_HOURS,
    KEY_DAYS,
    KEY_REVOCATION,
    /* effect */
    KEY_USER,
    KEY_LABEL,
    KEY_COUNT,
};
#define KEY_FIRST_NAMING KEY_EMAIL
#define KEY_LAST_NAMING KEY_C
#define KEY_FIRST_WHEN KEY_HOST
#define KEY_LAST_WHEN KEY_REVOCATION
#define KEY_BIT(key) (1U << (key))

/* "email" */
const char *rules_key_name(enum rules_key key);

/* What a value stands for. */
enum rules_form {
    FORM_EXACT,
    FORM_DOMAIN,  /* *@DOMAIN, *.DOMAIN: bytes is DOMAIN */
    FORM_SEGMENT, /* URI/ *: bytes is URI */
    FORM_BELOW,   /* URI/ **: bytes is URI */
    FORM_FOLDER,  /* a path that ends in a slash: bytes is without it */
    FORM_NETWORK,
};

/* One value of a key. All memory is the arena's; `name` is the rules'. */
struct rules_value {
    const char *word; /* as written, without quotes */
    enum rules_key key;
    enum rules_form form;
    struct bytes bytes; /* in the form in which it is compared */
    X509_NAME *name;    /* dn: the whole name; attributes: a name of this part alone */
    X509_NAME *folded;  /* the same without regard to case (rules_dn_fold); may be `name` */
    struct network network;
    int64_t low, high; /* seconds, minutes, a set of days, or an age */
    uint32_t id;       /* of the issuer, group, or the identity value */
};

/* One key of a line; any of its values is enough. */
struct rules_term {
    enum rules_key key;
    bool implied; /* issuer=, in a file that has one issuer only */
    struct rules_value *values;
    size_t count;
};

enum rules_line_kind {
    LINE_ISSUER,
    LINE_GROUP,
    LINE_MAP,
    LINE_ALLOW,
    LINE_DENY,
    LINE_SET,
    LINE_KINDS
};

enum rules_user_kind { USER_DEFAULT, USER_LITERAL, USER_KEY, USER_MAP, USER_STAR };

struct rules_user_source {
    enum rules_user_kind kind;
    const char *literal; /* the literal, or the map's name */
    enum rules_key key;
    uint32_t map;
};

struct rules_line {
    enum rules_line_kind kind;
    size_t number;
    const char *text;
    const char *name;   /* of an issuer, group, map or setting */
    const char *source; /* of an issuer or setting */
    bool any;
    unsigned keys; /* KEY_BIT of each */
    struct rules_term *terms;
    size_t term_count;
    size_t who_count; /* the first of the terms are of identity */
    struct rules_user_source user;
    const char *label;
    uint32_t owner; /* of a group or a map: its index; of a rule: that of the rule */
};

/* A group or a map: its lines by index, in the order of the file. */
struct rules_named {
    const char *name;
    size_t first_line; /* number in the file, for messages */
    uint32_t *lines;
    size_t count;
    bool used;
    bool names_somebody; /* groups: each line gives a user name */
    bool denied;         /* groups: a deny line names it, or such a group */
    bool has_serial;     /* groups: a line of it, or of a group in it, has serial= */
    bool entered;        /* while the order is found */
    bool ordered;
    unsigned levels; /* of groups, this one among them, once it is ordered */
};

struct rules_issuer {
    const char *name;
    size_t line;
    bool by_certificate; /* the digest is of a certificate that the trust does not have */
    unsigned char digest[32];
};

/* Where a rule with few hosts and paths is found from a request. */
struct rules_place {
    const struct rules_value *host; /* NULL: any */
    const struct rules_value *path; /* NULL: any */
    uint32_t rule;
};

struct rules {
    atomic_uint references;
    uint64_t number;
    time_t loaded_at;
    const char *path;
    struct rules_arena arena;
    STACK_OF(X509_NAME) * names; /* owned */
    struct rules_line *lines;
    size_t line_count;
    size_t kinds[LINE_KINDS];
    struct rules_issuer *issuers;
    size_t issuer_count;
    struct rules_named *groups;
    size_t group_count;
    uint32_t *group_order; /* groups after those that they are made of */
    struct rules_named *maps;
    size_t map_count;
    struct rules_rule *rules; /* what rules_rule gives */
    const struct rules_line **rule_lines;
    size_t rule_count;
    struct rules_value **identities; /* the distinct identity values, sorted; id is the index
                                      */
    size_t identity_count;
    unsigned identity_keys;     /* KEY_BIT of those that identities or user names need */
    struct rules_place *places; /* sorted */
    size_t place_count;
    size_t path_depth; /* segments of the deepest folder */
    bool has_path;
    bool has_host;
    bool encoded_slash_literal;
    bool double_slash_literal;
    bool explain_full;
};

/* One name that a certificate bears, and the identity values that it meets. */
struct rules_name {
    enum rules_key key;
    bool unreadable; /* is no text, or no plain mailbox: never a user name */
    bool invalid;    /* a policy for which not all of the path vouches: for deny lines alone */
    struct bytes bytes;
    uint32_t *met; /* ids */
    size_t met_count;
};

/* A group or map of which a line holds. */
struct rules_first {
    uint32_t owner;
    uint32_t line; /* index of the first line that holds */
};

struct rules_subject {
    struct rules_arena arena;
    size_t size;
    uint64_t *met; /* a bit for each rule */
    size_t met_count;
    struct rules_name *names;
    size_t name_count;
    struct rules_first *groups; /* sorted by owner */
    size_t group_count;
    struct rules_first *maps;
    size_t map_count;
    const char *issuer;   /* the name of the one met nearest to the anchor; NULL: none */
    bool *issuers;        /* met, at any height */
    bool *issuers_direct; /* met by the certificate's own issuer */
};

#define RULES_BIT(bits, index) (((bits)[(index) / 64] >> ((index) % 64)) & 1U)

#endif
