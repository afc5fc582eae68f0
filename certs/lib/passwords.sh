# SPDX-License-Identifier: ISC
# Pass phrases.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Out of the environment at once: what this script starts has no need of them. Unset and empty stay different.
declare -A environment=()
for variable in CA_PASSWORD CA_NEW_PASSWORD CA_KEY_PASSWORD CA_P12_PASSWORD; do
	[ -z "${!variable+set}" ] || environment[$variable]=${!variable}
	unset "$variable"
done

# get_password OPTION VARIABLE WHAT [MINIMUM]: sets password from the option's file, the environment variable or the prompt.
# A new one has a MINIMUM length and is asked for twice. One that opens something is tried by the command in opens, if that is
# set, and asked for a second time when it is wrong.
# Handed on by `3< <(printf ...)` and -passin fd:3, so that it is in nobody's arguments or environment and in no file.
opens=()
get_password() {
	local option=$1 variable=$2 what=$3 minimum=${4-}
	if [ -n "${given[$option]-}" ]; then
		{ IFS= read -r password || [ -n "$password" ]; } 2>/dev/null <"${given[$option]}" ||
			die "cannot read the $what from '${given[$option]}': the file is empty or not readable"
	elif [ -n "${environment[$variable]+set}" ]; then
		password=${environment[$variable]}
	elif [ -n "${given[--batch]-}" ] || [ ! -t 0 ]; then
		usage_error "no $what: use $option FILE or the variable $variable, or run it in a terminal without --batch"
	elif [ -n "$minimum" ]; then
		ask_new_password "$what"
	else
		ask_password "$what"
	fi
	[ -n "$password" ] || die "the $what is empty: anybody could open the file, and macOS refuses a PKCS#12 file like that"
	[ "${#password}" -ge "${minimum:-1}" ] || die "the $what is too short: it needs at least $minimum characters"
	[ "${#password}" -le 1000 ] || die "the $what is too long: 1000 bytes at most"
}

ask_new_password() {
	local again
	IFS= read -r -s -p "New $1: " password; say ''
	IFS= read -r -s -p "Once more: " again; say ''
	[ "$password" = "$again" ] || die 'the two are not the same'
}

ask_password() {
	local try
	for try in first second; do
		IFS= read -r -s -p "$(tell "$1"): " password; say ''
		[ "${#opens[@]}" -eq 0 ] || "${opens[@]}" && return
		[ "$try" = second ] || say "That is not the $1. Try again."
	done
	die "wrong pass phrase: that is not the $1"
}

# opens_key FILE and opens_p12 FILE: whether password opens it.
opens_key() { openssl pkey -in "$1" -passin fd:3 -noout >/dev/null 2>&1 3< <(printf '%s\n' "$password"); }
opens_p12() { openssl pkcs12 -in "$1" -noout -passin fd:3 >/dev/null 2>&1 3< <(printf '%s\n' "$password"); }

# get_key_password FILE OPTION VARIABLE WHAT: the pass phrase of a key that is here, empty when it has none.
get_key_password() {
	password=''
	is_encrypted "$1" || return 0
	opens=(opens_key "$1")
	get_password "$2" "$3" "$4"
	opens=()
}
get_ca_password() { get_key_password "$dir/ca.key" --pass-file CA_PASSWORD 'pass phrase of ca.key'; }

# Whatever is in the file: bash tells of binary data.
is_encrypted() { [[ $(<"$1") == *ENCRYPTED* ]]; } 2>/dev/null
