/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_memory_helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* %s: digests of the key and of the certificate of eve. */
static const char every_key[] =
    "issuer acme acme.cer\n"
    "issuer devices sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
    "issuer sub sub.cer # a comment\n"
    "set encoded-slash literal\nset double-slash literal\nset explain full\n"
    "group ops issuer=acme ou=Ops o=Acme\n"
    "group ops issuer=acme email=eve@acme.example,eve@acme.org\n"
    "group all group=ops\ngroup all issuer=devices,acme dc=example\n"
    "group unused any\n"
    "map unused any user=x\n"
    "map people issuer=acme email=*@acme.example user=*\n"
    "map people any user=\"some body\"\n"
    "deny issuer=acme serial=ffff label=lost\n"
    "deny issuer=acme policy=1.2.3.4 path=/policy/\n"
    "allow group=all host=*.acme.example,wiki.acme.example path=/a/,/b user=map:people label=x\n"
    "allow issuer=acme dn=\"CN=Eve Example,OU=Sales,O=Acme,C=GB\" path=/dn/ user=$dn\n"
    "allow issuer=acme dn=\"CN=#0C0344616E,2.5.4.11=Ops,O=Acme\" path=/der/ user=dan\n"
    "allow issuer=acme cn=\"Eve Example\",Dan,Two uid=m1 path=/uid/\n"
    "allow issuer=acme cn=\"Eve Example\",Dan,Two c=GB path=/cn/\n"
    "allow issuer=acme upn=dan@corp.example path=/upn/\n"
    "allow issuer=acme,devices uri=spiffe://acme.example/** dns=*.sensor.acme.example "
    "ip=192.0.2.0/24 user=$ip\n"
    "allow sha256=%s path=/sha256/ from=192.0.2.0/24,2001:db8::/32\n"
    "allow spki=%s path=/spki/ method=GET,POST since=2026-01-01 until=2027-12-31 "
    "hours=00:00-24:00 days=mon-sun revocation=24h\n"
    "allow any path=/any/ user=$cn\n"
    "allow any path=/any/ user=$cn until=2020-01-01\n";

char *text_of_every_key(void)
{
    char digest[65], *text = NULL;

    (void)snprintf(digest, sizeof(digest), "%s", world_digest("eve", false));
    pki_must(asprintf(&text, every_key, digest, world_digest("eve", true)) > 0, "asprintf");
    return text;
}

void expect_memory_error(const struct error *error, unsigned long nth)
{
    cr_expect_eq(error->kind, ERROR_MEMORY, "allocation %lu: %s", nth, error->text);
    cr_expect_not_null(strstr(error->text, "memory"), "allocation %lu: %s", nth, error->text);
}
