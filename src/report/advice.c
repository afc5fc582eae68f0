/* SPDX-License-Identifier: ISC */
#include "report/advice.h"

#include <openssl/x509_vfy.h>

static const struct advice by_status[VERDICT_STATUS_COUNT] = {
    [VERDICT_NOT_JUDGED] =
        {
            "The server could not judge the certificate: this says nothing about the certificate.",
            "Try again in a minute; if that does not help, tell the operator of this server.",
            "Memory ran out or libcrypto failed: look at the log and at the memory limit.",
        },
    [VERDICT_ABSENT] =
        {
            "Your browser or program sent no certificate, so the server does not know who you are.",
            "Import your .p12 file into the browser, open this address again in a new private "
            "window, and choose the certificate when you are asked.",
            "If the client did send one, check that the front server asks for certificates, knows "
            "the CA, and forwards SSL_CLIENT_CERT.",
        },
    [VERDICT_MALFORMED] =
        {
            "What reached the server cannot be read as a certificate.",
            "This is rarely your doing: tell the operator of this server what is written here.",
            "Either the front server forwards it wrongly, or the CA made it wrong: run `peercert "
            "--check` on the client's own file. If that can be read, look at the variable named in "
            "the reason.",
        },
    [VERDICT_UNTRUSTED] =
        {
            "The certificate does not lead to a certificate authority that this server trusts.",
            "Choose the certificate that was issued for this server; if you did, ask who issued it "
            "whether it is the right one.",
            "Compare the issuer with the certificates in --ca; a missing intermediate belongs in "
            "--intermediates.",
        },
    [VERDICT_WRONG_PURPOSE] =
        {
            "The certificate was not issued for identifying a client to a server.",
            "Choose another certificate, or ask for one for client authentication.",
            "Sign it again with the extended key usage clientAuth and the key usage "
            "digitalSignature.",
        },
    [VERDICT_REVOKED] =
        {
            "The issuer has revoked the certificate, for good or until further notice.",
            "Stop using it, and ask who issued it for a new one with a new key.",
            "If that was a mistake, issue a new certificate; only a certificate on hold can be "
            "taken off the list.",
        },
    [VERDICT_REVOCATION_UNKNOWN] =
        {
            "Whether the certificate was revoked cannot be told right now, and this server insists "
            "on knowing.",
            "Try again later; if that does not help, tell the operator of this server.",
            "Publish a current CRL and see that it reaches the files in --crl; with --ocsp, see "
            "that the responder answers.",
        },
    [VERDICT_EXPIRED] =
        {
            "The certificate was good, but it has expired.",
            "Ask who issued it for a renewal, and import the new one.",
            "Sign a new certificate; if it should still be good, check this server's clock.",
        },
    [VERDICT_NOT_YET_VALID] =
        {
            "The certificate is not good yet: it begins at a later date.",
            "Wait until that date; if it has come already, tell the operator that the clocks "
            "differ.",
            "Check the clocks of this server and of the CA, and the start date that was signed.",
        },
    [VERDICT_VALID] =
        {
            "The certificate comes from a trusted authority, is meant for this use, and is "
            "current.",
            "Nothing: all is well until it expires.",
            "Nothing; renew it before it expires.",
        },
};

const struct advice advice_on_expiry = {
    "The certificate is good, but it expires soon.",
    "Ask who issued it for a renewal now, and import the new one.",
    "Sign a new certificate before this one expires.",
};

const struct advice advice_on_file = {
    "The file cannot be read as a certificate.",
    "Name the certificate itself, in PEM, DER or PKCS#12 form, not its key, its request or a CRL. "
    "A locked PKCS#12 file needs --password-file.",
    "The form is told by what is in the file, not by its name; a file whose certificate cannot be "
    "read although it is one was made wrong by its CA.",
};

static const struct advice refused = {
    "The front server refused the certificate and did not hand it on, so it cannot be shown here.",
    "Choose the certificate that was issued for this server, or tell the operator what is written "
    "here.",
    "The front server's own log says why it refused the certificate.",
};

/* What the front servers' numbers say about the certificate itself. */
static const struct {
    int error_code;
    enum verdict_status status;
} refusals[] = {
    {X509_V_ERR_CERT_NOT_YET_VALID, VERDICT_NOT_YET_VALID},
    {X509_V_ERR_CERT_HAS_EXPIRED, VERDICT_EXPIRED},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, VERDICT_UNTRUSTED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, VERDICT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, VERDICT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, VERDICT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, VERDICT_UNTRUSTED},
    {X509_V_ERR_CERT_REVOKED, VERDICT_REVOKED},
    {X509_V_ERR_INVALID_PURPOSE, VERDICT_WRONG_PURPOSE},
};

const struct advice *advice_on(enum verdict_status status)
{
    return &by_status[status];
}

const struct advice *advice_on_refusal(int error_code)
{
    size_t i;

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].error_code == error_code)
            return advice_on(refusals[i].status);
    }
    return &refused;
}

const struct advice_import advice_imports[] = {
    {"Firefox", "Settings, search for certificates, Advanced settings if shown, Manage (or View) "
                "Certificates, Your Certificates, Import."},
    {"Chrome or Edge on Windows", "Double-click the .p12 file and follow the wizard."},
    {"Safari or Chrome on macOS", "Double-click the .p12 file: it opens in Keychain Access."},
    {"Chrome on Linux", "Open chrome://settings/certificates, Your certificates, View imported "
                        "certificates from Linux, Import."},
    {"Android", "Settings, Security, Install from storage, VPN and app user certificate."},
    {"iPhone or iPad", "Open the .p12 file, then Settings, Profile Downloaded, Install."},
};

const size_t advice_import_count = sizeof(advice_imports) / sizeof(advice_imports[0]);
