namespace BitcoinSock.Model

open System.Collections.Generic

/// A schedule as it is played, and what of it did not happen.
type internal Playback(schedule: Schedule) =
    let mutable rest = schedule.Faults
    let mutable calls = 0
    let dropped = List<string>()

    let missed number (fault: Fault) why =
        $"call {number}: '{fault}' did not happen, because {why}"

    /// The fault of the next call. What cannot happen to that does not, but its turn is over.
    member _.Next(call: Call, isPeerGone: bool) =
        let drop fault why =
            dropped.Add(missed calls fault why)
            Fault.None

        calls <- calls + 1

        match rest with
        | [] -> Fault.None
        | fault :: later ->
            rest <- later

            match fault with
            | _ when not (Fault.isLegal call fault) -> drop fault $"it was a {call}"
            | Fault.PeerCloses
            | Fault.PeerResets when isPeerGone -> drop fault "the peer had gone before"
            | _ -> fault

    /// The faults that did not happen, with the reason; none of a schedule that claims none.
    member _.Missed =
        if not schedule.MustHappen then
            []
        else
            [
                yield! dropped
                for i, fault in List.indexed rest do
                    if fault <> Fault.None then
                        missed (calls + 1 + i) fault $"there were only {calls} calls"
            ]
