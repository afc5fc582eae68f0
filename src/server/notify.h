/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_NOTIFY_H
#define PEERCERT_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Tells the service manager how the service is (sd_notify(3), "Notes": datagrams to the Unix socket
 * that NOTIFY_SOCKET names). The protocol is small and stable; libsystemd would bring a library for
 * one call. */

/* Sends one message, lines such as "READY=1". Does nothing and returns true when NOTIFY_SOCKET is
 * not set; false when the message could not be sent, which the caller need not mind. Never waits.
 */
bool notify_send(const char *message);

/* Says that a reload has begun: RELOADING=1 with the monotonic time, which Type=notify-reload asks
 * for. It ends with notify_send("READY=1"). */
bool notify_reloading(void);

/* Milliseconds after which the service manager wants WATCHDOG=1 at the latest, halved as
 * sd_watchdog_enabled(3) advises; 0 when it does not watch this process (WATCHDOG_USEC,
 * WATCHDOG_PID). */
int64_t notify_watchdog_ms(void);

#endif
