/// FrameReader over many reads: what it remembers between them must never show. The laws of a
/// single read are held to Spec with the other operations.
module BitcoinSock.Properties.FrameProperties

open System
open System.Threading
open FsCheck
open FsCheck.FSharp
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property

/// A stream that is read frame by frame, or batch by batch.
type FrameCase =
    {
        Stream: byte[]
        IsClosed: bool
        Terminator: byte[]
        Limit: int
        Window: int
        /// For each read: how many bytes somebody else takes before it, and how many frames it is
        /// for.
        Reads: (int * int) list
        Schedule: Schedule
    }

/// What one read gave: the frames, and all bytes that it consumed.
type Got =
    {
        Outcome: SockOutcome
        Frames: byte[] list
        Bytes: byte[]
    }

/// A reader that is at work: how many frames to read, and the interrupt.
type Reader = int -> CancellationToken -> Got

let timeout = TimeSpan.FromMilliseconds 100.0

/// The library's.
let library (case: FrameCase) (sock: ISock) : Reader =
    let reader =
        FrameReader(sock, ReadOnlySpan case.Terminator, case.Limit, case.Window)

    fun count interrupt ->
        if count = 1 then
            let mutable frame = ReadOnlySpan()
            let outcome = reader.TryRead(&frame, timeout, interrupt)
            let bytes = frame.ToArray()

            if outcome.IsOk then
                {
                    Outcome = outcome
                    Frames = [ bytes ]
                    Bytes = Array.append bytes case.Terminator
                }
            else
                {
                    Outcome = outcome
                    Frames = []
                    Bytes = bytes
                }
        else
            let mutable batch = FrameBatch()
            let ranges: Range[] = Array.zeroCreate count
            let outcome = reader.TryReadBatch(Span ranges, &batch, timeout, interrupt)
            let mutable frames = []

            for i in batch.Count - 1 .. -1 .. 0 do
                frames <- batch[i].ToArray() :: frames

            {
                Outcome = outcome
                Frames = frames
                Bytes = batch.Bytes.ToArray()
            }

/// The frames at the front of some bytes that are whole, with their terminators.
let rec whole (terminator: byte[]) (bytes: byte[]) =
    match bytes.AsSpan().IndexOf(ReadOnlySpan terminator) with
    | -1 -> []
    | index ->
        bytes[.. index - 1]
        :: whole terminator (Array.skip (index + terminator.Length) bytes)

/// What is wrong with one read, between a channel before it and one after it.
let private judge case count wasRobbed (before: Channel) (after: Channel) steps got =
    let pending, left = before.Incoming.Pending, after.Incoming.Pending
    let wasReset = steps |> List.exists (fun step -> step.Fault = Fault.PeerResets)
    let frames = whole case.Terminator pending

    let law title holds =
        if holds then
            []
        else
            [
                $"{title}: ends as {got.Outcome}, %A{got.Bytes} of %A{pending}, %A{left} is left"
            ]

    let isTaken =
        if wasReset then
            pending.AsSpan().StartsWith(ReadOnlySpan got.Bytes)
        else
            Array.append got.Bytes left = pending

    let single =
        if count = 1 && got.Outcome.Status <> SockStatus.Inconsistent then
            let observed =
                {
                    Outcome = got.Outcome
                    Received = if got.Outcome.IsOk then got.Frames[0] else got.Bytes
                    After = after
                    Steps = steps
                }

            let operation = Operation.ReadFrame(case.Terminator, case.Limit, case.Window)
            Spec.judge operation timeout before observed
        else
            []

    let joined =
        got.Frames
        |> List.collect (fun frame -> List.ofArray frame @ List.ofArray case.Terminator)
        |> Array.ofList

    let isLong (frame: byte[]) =
        frame.Length + case.Terminator.Length > case.Limit

    let isCalm = case.Schedule.Faults.IsEmpty && not wasRobbed
    let atHand = frames |> List.truncate count |> List.takeWhile (isLong >> not)

    single
    @ law "6 NothingLost" isTaken
    @ law "5 ZeroOverRead" (not got.Outcome.IsOk || joined = got.Bytes && joined <> [||])
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
         || got.Frames.Length = atHand.Length)

/// Plays the reads on the simulated channel; what is wrong with them.
let broken (reader: FrameCase -> ISock -> Reader) case =
    let channel = Channel.create case.Stream 0

    let channel =
        if case.IsClosed then
            Channel.peerShutsDown channel
        else
            channel

    let sock = SimulatedSock(channel, case.Schedule)
    let read = reader case sock

    let rec play reads wasRobbed =
        match reads with
        | [] -> []
        | (stolen, count) :: rest ->
            let loot, robbed =
                if stolen = 0 then
                    Answer.Bytes [||], sock.Channel
                else
                    Channel.recv stolen sock.Channel

            sock.Channel <- robbed
            let wasRobbed = wasRobbed || loot <> Answer.Bytes [||]
            let done' = sock.Steps.Length
            let before = sock.Channel
            let got = read count sock.Interrupt
            let steps = List.skip done' sock.Steps

            match judge case count wasRobbed before sock.Channel steps got with
            | [] -> play rest (wasRobbed && got.Outcome.Status <> SockStatus.Inconsistent)
            | broken -> broken

    play case.Reads false

let tell case =
    let text (bytes: byte[]) =
        (Text.Encoding.Latin1.GetString bytes).Replace("\n", "\\n")

    let closed = if case.IsClosed then ", then the end" else ""

    $"\"{text case.Stream}\"{closed}; frames end in \"{text case.Terminator}\" "
    + $"within {case.Limit}, {case.Window} at a time; (stolen, frames): {case.Reads}\n"
    + string case.Schedule

let arb =
    let gen =
        gen {
            let! length = Gen.choose (0, 24)
            let! stream = Gen.arrayOfLength length (Gen.elements [ 'a'B; 'b'B; '\n'B; '\n'B ])
            let! isClosed = Gen.elements [ false; true ]
            let! terminator = Gen.elements [ "\n"B; "ab"B; "aa"B ]
            let! limit = Gen.elements [ 1; 2; 3; 5; 8; 100 ]
            let! window = Gen.elements [ terminator.Length; 3; 4; 5; 8; 100 ]
            let! theft = Gen.elements [ Gen.constant 0; Gen.choose (0, 3) ]
            let read = Gen.zip theft (Gen.choose (1, 4))
            let! reads = Gen.choose (1, 6) |> Gen.bind (fun n -> Gen.listOfLength n read)
            let! schedule = Gen.oneof [ Gen.constant Schedule.calm; Schedule.gen ]

            return
                {
                    Stream = stream
                    IsClosed = isClosed
                    Terminator = terminator
                    Limit = limit
                    Window = window
                    Reads = reads
                    Schedule = schedule
                }
        }

    let shrink case =
        seq {
            for schedule in Schedule.shrink case.Schedule do
                { case with Schedule = schedule }

            for i in 0 .. case.Reads.Length - 1 do
                { case with
                    Reads = List.removeAt i case.Reads
                }

            for i in 0 .. case.Stream.Length - 1 do
                { case with
                    Stream = Array.removeAt i case.Stream
                }

            if case.IsClosed then
                { case with IsClosed = false }
        }

    Arb.fromGenShrink (gen, shrink)

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
