"""Many lines of speech in one command: what they are (`lines`), one done (`work`), all of them done here (`run`) or on a cluster (`cluster`)."""
