# SPDX-License-Identifier: ISC
# ca.conf: what the owner wants unless an option says otherwise.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Each line is NAME = VALUE; empty lines and those that begin with # are comments. It is read as data: nothing in it is run.
# Name, the subcommands that look at it, what it is.
setting_names=(
	'subject|init request|what follows the CN of a name that no --subject gives: O=Acme,C=GB'
	'key|init request rollover|the kind of new keys, as --key has it'
	'days|sign|how many days a certificate is valid'
	'ca-days|init rollover|how many days the CA is valid'
	'intermediate-days|init|how many days an intermediate CA is valid'
	'crl-days|crl|how many days the first CRL is good, and those after it'
	'profile|sign|client, server or both'
)
declare -A setting=()

# Reads ca.conf of the folder, if there is one.
read_settings() {
	local folder=${given[--dir]:-${CA_DIR:-.}} file line name value number=0 row
	[[ $folder != -* ]] || folder=./$folder
	file=$folder/ca.conf
	[ -e "$file" ] || return 0
	[ -f "$file" ] && [ -r "$file" ] || die "cannot read '$file'"
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		line=${line%$'\r'}
		[[ ! $line =~ ^[[:space:]]*(#.*)?$ ]] || continue
		[[ $line =~ ^[[:space:]]*([a-z-]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]] ||
			die "$file:$number: write it as NAME = VALUE"
		name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
		for row in "${setting_names[@]}" ''; do [ "${row%%|*}" != "$name" ] || break; done
		[ -n "$row" ] || die "$file:$number: there is no setting '$name'"
		[ -z "${setting[$name]-}" ] || die "$file:$number: $name is set twice"
		check_setting "$file:$number" "$name" "$value"
		setting[$name]=$value
	done <"$file"
}

check_setting() {
	case $2 in
		*days) [[ $3 =~ ^[1-9][0-9]{0,4}$ && $3 -le 36500 ]] || die "$1: $2: a whole number of days from 1 to 36500 is needed" ;;
		profile) [[ $3 == @(client|server|both) ]] || die "$1: profile: client, server or both is needed" ;;
		key) [[ $3 =~ ^(rsa:[0-9]{4}|ec|ec:P-(256|384|521)|ed25519)$ ]] || die "$1: key: rsa:BITS, ec, ec:P-256, ec:P-384, ec:P-521 or ed25519 is needed" ;;
		subject) [[ $3 != /* ]] || die "$1: subject: write it as O=Acme,C=GB" ;;
	esac
}

# default_subject CN: the name that is used when no --subject is given.
default_subject() { printf '%s' "CN=$1${setting[subject]:+,${setting[subject]}}"; }
