namespace BitcoinSock.Model

open System
open System.Net.Sockets
open FsCheck
open FsCheck.FSharp

/// What happens to the first calls, one fault a call; after the last one the channel behaves.
type Schedule =
    {
        Faults: Fault list
        /// Whether each fault must happen to its call: then Finish, of the sock that plays them,
        /// tells which did not. Random ones need not: what is not legal for a call is left out.
        MustHappen: bool
    }

    /// A schedule of these faults, each of which must happen: for C#.
    static member Of([<ParamArray>] faults: Fault[]) =
        {
            Faults = List.ofArray faults
            MustHappen = true
        }

    /// One line a step, to be read aloud.
    override schedule.ToString() =
        match schedule.Faults with
        | [] -> "every call behaves"
        | faults ->
            faults
            |> List.mapi (fun i fault -> $"call {i + 1}: {fault}")
            |> String.concat "\n"

[<RequireQualifiedAccess>]
module Schedule =

    /// A schedule of these faults, each of which must happen.
    let ofFaults faults = { Faults = faults; MustHappen = true }

    /// Every call behaves.
    let calm = ofFaults []

    /// All the time that it lets pass.
    let time schedule =
        schedule.Faults
        |> List.sumBy (function
            | Fault.Clock time -> time.Ticks
            | _ -> 0L)
        |> TimeSpan.FromTicks

    let private simpler fault =
        match fault with
        | Fault.None -> []
        | Fault.Partial n when n > 1 -> [ Fault.None; Fault.Partial 1; Fault.Partial(n / 2) ]
        | Fault.ShortPeek n when n > 1 -> [ Fault.None; Fault.ShortPeek 1; Fault.ShortPeek(n / 2) ]
        | Fault.Clock time when time.Ticks > TimeSpan.TicksPerMillisecond ->
            [
                Fault.None
                Fault.Clock(TimeSpan.FromMilliseconds(Math.Floor(time.TotalMilliseconds / 2.0)))
            ]
        | Fault.PeerResets ->
            [ Fault.None; Fault.PeerCloses; Fault.Fail SocketError.ConnectionReset ]
        | _ -> [ Fault.None ]

    /// Smaller schedules: fewer faults, then smaller numbers, then simpler faults.
    let shrink schedule =
        let faults = schedule.Faults

        // Two at once as well: a wait and the call behind it go together.
        let without =
            seq {
                for i in 0 .. faults.Length - 1 -> List.removeAt i faults
                for i in 0 .. faults.Length - 2 -> List.removeManyAt i 2 faults
            }

        let simplified =
            seq {
                for i in 0 .. faults.Length - 1 do
                    for fault in simpler faults[i] -> List.updateAt i fault faults
            }

        let halves =
            if faults.Length > 2 then
                Seq.singleton (List.truncate (faults.Length / 2) faults)
            else
                Seq.empty

        Seq.concat [ halves; without; simplified ]
        |> Seq.map (fun faults -> { schedule with Faults = faults })

    /// Faults of each kind, as they come to one call.
    let private kinds: Gen<Fault> list =
        let count = Gen.frequency [ 3, Gen.choose (1, 3); 1, Gen.choose (1, 600) ]

        [
            Gen.map Fault.Partial count
            Gen.map Fault.ShortPeek count
            Gen.constant Fault.WouldBlock
            Gen.constant Fault.Interrupted
            Gen.constant Fault.InProgress
            Gen.map
                Fault.Fail
                (Gen.elements (List.collect Fault.errors [ Call.Send; Call.Recv; Call.Connect ]))
            Gen.constant Fault.SpuriousWake
            Gen.map Fault.WaitFails (Gen.elements (Fault.errors Call.Wait))
            Gen.constant Fault.PeerCloses
            Gen.constant Fault.PeerResets
            Gen.map (float >> TimeSpan.FromMilliseconds >> Fault.Clock) (Gen.choose (1, 700))
            Gen.constant Fault.InterruptFires
        ]

    /// Random schedules, swarm-tested: a random half of the kinds is switched off in each, so that
    /// rare combinations are not drowned by faults that end everything at once.
    let gen: Gen<Schedule> =
        gen {
            let! on = Gen.subListOf kinds
            let! length = Gen.frequency [ 3, Gen.choose (0, 6); 1, Gen.choose (0, 40) ]
            let behaves = 2, Gen.constant Fault.None

            let! faults =
                Gen.listOfLength length (Gen.frequency (behaves :: List.map (fun g -> 1, g) on))

            return { Faults = faults; MustHappen = false }
        }

    let arb: Arbitrary<Schedule> = Arb.fromGenShrink (gen, shrink)
