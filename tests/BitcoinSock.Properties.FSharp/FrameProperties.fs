/// FrameReader over many reads: what it remembers between them must never show. The laws of a
/// single read are held to Spec with the other operations.
module BitcoinSock.Properties.FrameProperties

open System
open System.Threading
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.FrameCases
open BitcoinSock.Properties.FrameReaders
open BitcoinSock.Properties.Property

/// What a reader has before a read, or after it.
type private Position =
    {
        Channel: Channel
        /// Consumed, and kept for the next frame.
        Kept: byte[]
        /// Returned, and not consumed yet: the channel still has it in front.
        Unsettled: byte[]
    }

/// What is still to be read.
let private ahead position =
    let pending = position.Channel.Incoming.Pending
    Array.append position.Kept (Array.skip position.Unsettled.Length pending)

/// The last of some bytes; none if there are not so many.
let private last count (bytes: byte[]) =
    if count > 0 && count <= bytes.Length then
        Array.skip (bytes.Length - count) bytes
    else
        [||]

let private withPending bytes (channel: Channel) =
    { channel with
        Incoming =
            { channel.Incoming with
                Pending = bytes
            }
    }

let private isReset (step: Step) = step.Fault = Fault.PeerResets

/// What is wrong with one read, and what is unsettled behind it.
let private judge case count wasRobbed position (after: Channel) steps got =
    let pending, left = ahead position, after.Incoming.Pending
    let wasReset = List.exists isReset steps
    let frames = whole case.Terminator pending
    let isOk = got.Outcome.IsOk

    let law title holds =
        if holds then
            []
        else
            [
                $"{title}: ends as {got.Outcome}, %A{got.Bytes} of %A{pending}, "
                + $"%A{got.Kept} is kept, %A{left} is left"
            ]

    // What is told of; the rest of what was ahead is left, behind what is not settled.
    let told = if isOk then Array.append got.Bytes got.Kept else got.Bytes
    let rest = Array.skip (min told.Length pending.Length) pending
    let returned = Array.append position.Unsettled (if isOk then got.Bytes else [||])

    let unsettled =
        if wasReset then
            [||]
        else
            last (left.Length - rest.Length) returned

    let isTaken =
        pending.AsSpan().StartsWith(ReadOnlySpan told)
        && (wasReset || left = Array.append unsettled rest)

    let single =
        if count = 1 && got.Outcome.Status <> SockStatus.Inconsistent then
            let observed =
                {
                    Outcome = got.Outcome
                    Received = if isOk then got.Frames[0] else got.Bytes
                    After = after |> withPending (Array.skip unsettled.Length left)
                    Steps = steps
                }

            let operation = Operation.ReadFrame(case.Terminator, case.Limit, case.Window)
            let before = position.Channel |> withPending pending
            Spec.judge operation timeout before observed
        else
            []

    let joined =
        got.Frames
        |> List.collect (fun frame -> List.ofArray frame @ List.ofArray case.Terminator)
        |> Array.ofList

    let isLong (frame: byte[]) =
        frame.Length + case.Terminator.Length > case.Limit

    let isKept = case.IsKept && got.Outcome.Status <> SockStatus.Inconsistent
    let isCalm = case.Schedule.Faults.IsEmpty && not wasRobbed
    let atHand = frames |> List.truncate count |> List.takeWhile (isLong >> not)

    let broken =
        single
        @ law "6 NothingLost" isTaken
        @ law "6 NothingLost" (isOk || not isKept || got.Kept = Array.skip joined.Length got.Bytes)
        @ law "5 ZeroOverRead" (not isOk || joined = got.Bytes && joined <> [||])
        @ law "34 ChunkInvariance" (got.Frames = List.truncate got.Frames.Length frames)
        @ law
            "7 Limit"
            (got.Outcome.Status = SockStatus.Inconsistent
             || not (List.exists isLong got.Frames))
        @ law "25 OutcomeAlgebra" (wasRobbed || got.Outcome.Status <> SockStatus.Inconsistent)
        @ law
            "4 ShortCallsAreLegal"
            (not isCalm
             || atHand.IsEmpty
             || case.Window < case.Stream.Length
             || count = 1
             || got.Frames.Length = atHand.Length
             || case.IsDeferred && not got.Frames.IsEmpty)

    broken, unsettled

/// Plays the reads on the simulated channel; what is wrong with them.
let broken (reader: FrameCase -> ISock -> Reader) case =
    let channel = Channel.create case.Stream 0

    let channel =
        if case.IsClosed then
            Channel.peerShutsDown channel
        else
            channel

    let sock = SimulatedSock(channel, case.Schedule)
    let reader = reader case sock

    let rec play reads wasRobbed kept unsettled =
        match reads with
        | [] -> []
        | read :: rest ->
            let loot, robbed =
                if read.Stolen = 0 || case.IsDeferred then
                    Answer.Bytes [||], sock.Channel
                else
                    Channel.recv read.Stolen sock.Channel

            sock.Channel <- robbed
            let wasRobbed = wasRobbed || loot <> Answer.Bytes [||]
            let done' = sock.Steps.Length

            let before =
                {
                    Channel = sock.Channel
                    Kept = kept
                    Unsettled = unsettled
                }

            let got = reader.Read read.Count sock.Interrupt
            let steps = List.skip done' sock.Steps

            match judge case read.Count wasRobbed before sock.Channel steps got with
            | [], unsettled ->
                let isContradicted = got.Outcome.Status = SockStatus.Inconsistent
                let wasRobbed = wasRobbed && not isContradicted

                // What was shown before a reset may be returned behind it.
                if case.IsDeferred && List.exists isReset steps then
                    []
                elif read.IsSettled && got.Outcome.IsOk then
                    settle rest wasRobbed got.Kept unsettled
                else
                    play rest wasRobbed got.Kept unsettled
            | broken, _ -> broken

    // What is consumed then is what was returned, and nothing else.
    and settle rest wasRobbed kept unsettled =
        let ahead = Array.skip unsettled.Length sock.Channel.Incoming.Pending
        let done' = sock.Steps.Length
        let isSettled = reader.Settle sock.Interrupt
        let left = sock.Channel.Incoming.Pending
        let wasReset = sock.Steps |> List.skip done' |> List.exists isReset
        let unsettled = last (left.Length - ahead.Length) unsettled

        if wasReset then
            []
        elif left <> Array.append unsettled ahead || (isSettled && unsettled <> [||]) then
            [ $"36 HandOver: settled is {isSettled}, %A{left} is left, %A{ahead} is ahead" ]
        else
            play rest wasRobbed kept unsettled

    play case.Reads false [||] [||]

let tests =
    testList
        "frames"
        [
            holds
                "frames are read exactly, whatever happens and whoever else reads"
                20_000
                arb
                (broken library)
                tell
        ]
