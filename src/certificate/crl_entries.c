/* SPDX-License-Identifier: ISC */
#include "certificate/crl_entries.h"
#include "certificate/crl_entry_extensions.h"
#include "certificate/der.h"
#include "certificate/identity.h"

#include <stdlib.h>
#include <string.h>

/* A record: two bytes of serial number length with the sign as the highest bit, the serial number
 * without leading zeros, five bytes of the date, one of the reason plus one. Records in order of
 * their bytes up to the date are in order of their serial numbers. */
#define LENGTH_BYTES 2
#define DATE_BYTES 5
#define RECORD_REST (DATE_BYTES + 1)
/* Of a date's content: so a record is never longer than the DER that it is made from. */
#define DATE_MIN 2
#define NEGATIVE 0x8000U
#define SERIAL_MAX 0x7FFFU
#define DATE_BIAS ((int64_t)1 << 39)

struct reading {
    struct crl_entries *entries;
    const char **fault;
    bool is_delta;
    struct der_span issuer; /* of the list */
    bool of_another_issuer; /* a certificateIssuer came: it holds until the next one */
    bool sorted;            /* so far */
    size_t last;            /* where the last record begins */
};

static unsigned record_head(const unsigned char *record)
{
    return (unsigned)record[0] << 8 | record[1];
}

static size_t record_key_length(const unsigned char *record)
{
    return LENGTH_BYTES + (record_head(record) & SERIAL_MAX);
}

static size_t record_length(const unsigned char *record)
{
    return record_key_length(record) + RECORD_REST;
}

static int compare_records(const unsigned char *a, const unsigned char *b)
{
    unsigned one = record_head(a), other = record_head(b);

    if (one != other)
        return one < other ? -1 : 1;
    return memcmp(a + LENGTH_BYTES, b + LENGTH_BYTES, one & SERIAL_MAX);
}

static void negate(unsigned char *bytes, size_t length)
{
    unsigned carry = 1;

    while (length-- > 0) {
        carry += (unsigned char)~bytes[length];
        bytes[length] = (unsigned char)carry;
        carry >>= 8;
    }
}

/* Two's complement in its shortest form (X.690 section 8.3) becomes sign and magnitude. */
static bool put_serial(struct der_span serial, unsigned char *record)
{
    bool negative;
    size_t zeros = 0;
    unsigned head;

    if (serial.length == 0 || serial.length > SERIAL_MAX ||
        (serial.length > 1 && ((serial.at[0] == 0x00 && serial.at[1] < 0x80) ||
                                  (serial.at[0] == 0xFF && serial.at[1] >= 0x80))))
        return false;
    negative = serial.at[0] >= 0x80;
    if (!negative && serial.at[0] == 0)
        zeros = 1;
    memcpy(record + LENGTH_BYTES, serial.at + zeros, serial.length - zeros);
    head = (unsigned)(serial.length - zeros);
    if (negative) {
        negate(record + LENGTH_BYTES, head);
        if (record[LENGTH_BYTES] == 0) {
            head--;
            memmove(record + LENGTH_BYTES, record + LENGTH_BYTES + 1, head);
        }
        head |= NEGATIVE;
    }
    record[0] = (unsigned char)(head >> 8);
    record[1] = (unsigned char)head;
    return true;
}

static void put_rest(unsigned char *rest, time_t date, int reason)
{
    uint64_t biased = (uint64_t)((int64_t)date + DATE_BIAS);
    int i;

    for (i = 0; i < DATE_BYTES; i++)
        rest[i] = (unsigned char)(biased >> (8 * (DATE_BYTES - 1 - i)));
    rest[DATE_BYTES] = (unsigned char)(reason + 1);
}

static void get_rest(const unsigned char *rest, struct crl_entry *entry)
{
    uint64_t biased = 0;
    int i;

    for (i = 0; i < DATE_BYTES; i++)
        biased = biased << 8 | rest[i];
    entry->revoked_at = (time_t)((int64_t)biased - DATE_BIAS);
    entry->reason = rest[DATE_BYTES] - 1;
}

static void note_faults(struct reading *reading, const struct crl_entry_facts *facts)
{
    if (facts->names_issuer)
        reading->of_another_issuer = !facts->names_own;
    if (*reading->fault != NULL)
        return;
    *reading->fault = facts->fault;
    if (*reading->fault == NULL && facts->reason == CRL_REASON_REMOVE_FROM_CRL &&
        !reading->is_delta)
        *reading->fault = "an entry is removeFromCRL, which only a delta CRL may have "
                          "(RFC 5280 section 5.3.1)";
}

/* RFC 5280 section 5.1.2.6. Without extensions the date is the last thing. */
static bool read_entry(struct reading *reading, struct der_span entry)
{
    struct crl_entries *entries = reading->entries;
    unsigned char *record = entries->records + entries->length;
    struct crl_entry_facts facts = {.reason = -1, .issuer = reading->issuer};
    struct der_span serial, date;
    unsigned char date_tag;
    time_t revoked_at = 0;

    if (!der_take(&entry, DER_INTEGER, &serial) || entry.length == 0)
        return false;
    date_tag = entry.at[0];
    if ((date_tag != V_ASN1_UTCTIME && date_tag != V_ASN1_GENERALIZEDTIME) ||
        !der_take(&entry, date_tag, &date) || date.length < DATE_MIN ||
        (entry.length > 0 && !crl_entry_extensions_read(entry, &facts)))
        return false;
    if (!identity_time_of(date_tag, date.at, date.length, &revoked_at)) {
        revoked_at = 0;
        if (facts.fault == NULL)
            facts.fault = "the revocation date of an entry cannot be read (RFC 5280 section "
                          "5.1.2.6)";
    }
    note_faults(reading, &facts);
    if (reading->of_another_issuer)
        return true;
    if (!put_serial(serial, record))
        return false;
    put_rest(record + record_key_length(record), revoked_at, facts.reason);
    if (entries->count > 0 && compare_records(entries->records + reading->last, record) > 0)
        reading->sorted = false;
    reading->last = entries->length;
    entries->length += record_length(record);
    entries->count++;
    return true;
}

struct sorting {
    uint64_t beginning; /* length and first bytes of the serial number: mostly enough */
    uint32_t at;
};

static int compare_sorting(const void *a, const void *b, void *records)
{
    const struct sorting *one = a, *other = b;
    const unsigned char *base = records;
    int order;

    if (one->beginning != other->beginning)
        return one->beginning < other->beginning ? -1 : 1;
    order = compare_records(base + one->at, base + other->at);
    if (order != 0)
        return order;
    return one->at < other->at ? -1 : one->at > other->at;
}

static uint64_t beginning_of(const unsigned char *record)
{
    size_t i, length = record_key_length(record);
    uint64_t beginning = 0;

    for (i = 0; i < 8; i++)
        beginning = beginning << 8 | (i < length ? record[i] : 0);
    return beginning;
}

static bool sort(struct crl_entries *entries)
{
    struct sorting *order = malloc(entries->count * sizeof(*order));
    unsigned char *sorted = malloc(entries->length);
    size_t i, at = 0;

    if (order == NULL || sorted == NULL) {
        free(order);
        free(sorted);
        return false;
    }
    for (i = 0; i < entries->count; i++) {
        order[i] = (struct sorting){beginning_of(entries->records + at), (uint32_t)at};
        at += record_length(entries->records + at);
    }
    qsort_r(order, entries->count, sizeof(*order), compare_sorting, entries->records);
    for (i = 0, at = 0; i < entries->count; i++) {
        const unsigned char *record = entries->records + order[i].at;

        memcpy(sorted + at, record, record_length(record));
        at += record_length(record);
    }
    free(order);
    free(entries->records);
    entries->records = sorted;
    return true;
}

static bool make_blocks(struct crl_entries *entries)
{
    size_t i, at = 0;

    entries->block_count = (entries->count + CRL_ENTRIES_BLOCK - 1) / CRL_ENTRIES_BLOCK;
    entries->blocks = calloc(entries->block_count + 1, sizeof(*entries->blocks));
    if (entries->blocks == NULL)
        return false;
    for (i = 0; i < entries->count; i++) {
        if (i % CRL_ENTRIES_BLOCK == 0)
            entries->blocks[i / CRL_ENTRIES_BLOCK] = (uint32_t)at;
        at += record_length(entries->records + at);
    }
    return true;
}

/* What was reserved for the longest records is given back. */
static bool finish(struct crl_entries *entries, bool sorted)
{
    unsigned char *fitting;

    if (entries->count == 0) {
        free(entries->records);
        entries->records = NULL;
        return true;
    }
    if (!sorted)
        return sort(entries) && make_blocks(entries);
    fitting = realloc(entries->records, entries->length);
    if (fitting == NULL)
        return false;
    entries->records = fitting;
    return make_blocks(entries);
}

bool crl_entries_read(struct crl_entries *entries, struct der_span revoked, struct der_span issuer,
    bool is_delta, const char **fault, struct error *error)
{
    struct reading reading = {
        .entries = entries, .fault = fault, .is_delta = is_delta, .issuer = issuer, .sorted = true};
    struct der_span rest = revoked, entry;

    if (revoked.length == 0)
        return true;
    entries->records = revoked.length <= UINT32_MAX ? malloc(revoked.length) : NULL;
    if (entries->records == NULL)
        goto out_of_memory;
    while (rest.length > 0) {
        if (!der_take(&rest, DER_SEQUENCE, &entry) || !read_entry(&reading, entry)) {
            error_set(error, ERROR_INPUT,
                "entry %zu of the CRL is not well-formed (RFC 5280 section 5.1)",
                entries->count + 1);
            return false;
        }
    }
    if (finish(entries, reading.sorted))
        return true;

out_of_memory:
    error_set(error, ERROR_MEMORY, "out of memory for the entries of a CRL");
    return false;
}

/* -1, 0, 1: the record's serial number is lower, the same, higher. */
static int compare_with(const unsigned char *record, unsigned head, const unsigned char *magnitude)
{
    unsigned its = record_head(record);

    if (its != head)
        return its < head ? -1 : 1;
    return memcmp(record + LENGTH_BYTES, magnitude, head & SERIAL_MAX);
}

/* The first record from which on serial numbers may be this one: the beginning of a block. */
static size_t find_block(
    const struct crl_entries *entries, unsigned head, const unsigned char *magnitude)
{
    size_t low = 0, high = entries->block_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_with(entries->records + entries->blocks[middle], head, magnitude) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? entries->blocks[low - 1] : 0;
}

static int gravity(int reason)
{
    if (reason == CRL_REASON_REMOVE_FROM_CRL)
        return 0;
    return reason == CRL_REASON_CERTIFICATE_HOLD ? 1 : 2;
}

bool crl_entries_find(
    const struct crl_entries *entries, const ASN1_INTEGER *serial, struct crl_entry *entry)
{
    const unsigned char *magnitude = ASN1_STRING_get0_data(serial);
    size_t at, length = (size_t)ASN1_STRING_length(serial);
    bool found = false;
    unsigned head;

    while (length > 0 && magnitude[0] == 0) {
        magnitude++;
        length--;
    }
    if (entries->count == 0 || length > SERIAL_MAX)
        return false;
    head = (unsigned)length | (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? NEGATIVE : 0);
    for (at = find_block(entries, head, magnitude); at < entries->length;
         at += record_length(entries->records + at)) {
        const unsigned char *record = entries->records + at;
        int order = compare_with(record, head, magnitude);
        struct crl_entry its;

        if (order > 0)
            break;
        if (order < 0)
            continue;
        get_rest(record + record_key_length(record), &its);
        if (!found || gravity(its.reason) > gravity(entry->reason))
            *entry = its;
        found = true;
    }
    return found;
}

void crl_entries_free(struct crl_entries *entries)
{
    free(entries->records);
    free(entries->blocks);
    *entries = (struct crl_entries){0};
}
