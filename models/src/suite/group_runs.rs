//! What is explored of groups: named programs in every small size, and all programs up to a size.

use super::{Programs, Run, Tier};
use crate::explorer::Limits;
use crate::groups::{Configuration, Family, Protocol};

/// How large the programs of a protocol become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many threads of the same role.
    pub threads: usize,
    /// How many items of each producer.
    pub items: u8,
    /// The capacities from 1 up to this, and unbounded.
    pub capacity: usize,
}

impl Extent {
    /// The programs of a protocol.
    pub fn programs(self, protocol: Protocol) -> Vec<Configuration> {
        protocol.up_to(self.threads, self.items, self.capacity)
    }
}

/// All runs of a tier.
pub(super) fn runs(tier: Tier) -> Vec<Run> {
    let small = Extent { threads: 2, items: 2, capacity: 2 };
    let mut runs: Vec<Run> = Protocol::ALL.iter().map(|&protocol| named(protocol, small)).collect();
    runs.extend(FAMILIES.map(family));
    if tier == Tier::Verify {
        let large = Extent { threads: 3, ..small };
        runs.extend(Protocol::ALL.iter().map(|&protocol| named(protocol, large)));
        runs.extend(LARGE_FAMILIES.map(family));
    }
    runs
}

const PAIRS: Family = Family {
    queues: 1,
    capacity: Some(1),
    threads: 2,
    instructions: 4,
    external: false,
    resuming: false,
};
const TRIPLES: Family = Family { threads: 3, instructions: 3, ..PAIRS };
const ON_TWO_QUEUES: Family = Family { queues: 2, ..TRIPLES };
const WITH_OUTSIDER: Family = Family { instructions: 2, external: true, ..PAIRS };

const FAMILIES: [Family; 8] = [
    PAIRS,
    TRIPLES,
    Family { capacity: None, ..TRIPLES },
    Family { resuming: true, ..TRIPLES },
    ON_TWO_QUEUES,
    Family { resuming: true, ..ON_TWO_QUEUES },
    WITH_OUTSIDER,
    Family { queues: 2, ..WITH_OUTSIDER },
];

const LARGE_FAMILIES: [Family; 8] = [
    Family { instructions: 4, ..TRIPLES },
    Family { instructions: 4, capacity: Some(2), ..TRIPLES },
    Family { instructions: 4, resuming: true, ..TRIPLES },
    Family { threads: 4, instructions: 4, ..TRIPLES },
    Family { instructions: 4, ..ON_TWO_QUEUES },
    Family { threads: 4, instructions: 4, resuming: true, ..ON_TWO_QUEUES },
    Family { threads: 3, instructions: 3, ..WITH_OUTSIDER },
    Family { queues: 2, instructions: 3, ..WITH_OUTSIDER },
];

fn named(protocol: Protocol, extent: Extent) -> Run {
    Run {
        name: format!("group/{}/up_to_{}", protocol.name(), extent.threads),
        programs: Programs::Group(protocol, extent),
        limits: Limits::default(),
    }
}

fn family(family: Family) -> Run {
    let Family { queues, capacity, threads, instructions, external, resuming } = family;
    let capacity = capacity.map_or("unbounded".to_owned(), |capacity| capacity.to_string());
    let external = if external { "+outsider" } else { "" };
    let resuming = if resuming { "+resuming" } else { "" };
    Run {
        name: format!(
            "group/all/{queues}q{capacity}/{threads}t{instructions}d{external}{resuming}"
        ),
        programs: Programs::Family(family),
        limits: Limits::default(),
    }
}
