/// Streams of frames, and how they are read.
module BitcoinSock.Properties.FrameCases

open System
open FsCheck
open FsCheck.FSharp
open BitcoinSock.Model

/// A stream that is read frame by frame, or batch by batch.
type FrameCase =
    {
        Stream: byte[]
        IsClosed: bool
        Terminator: byte[]
        Limit: int
        Window: int
        /// Whether what came of a frame stays with the reader, or is taken away.
        IsKept: bool
        IsDeferred: bool
        IsAwaited: bool
        /// One after the other.
        Reads: Read list
        Schedule: Schedule
    }

/// One read.
and Read =
    {
        /// How many bytes somebody else takes before it, unless it is deferred: then that is found
        /// out too late for these laws (FrameReaderDeferredTests).
        Stolen: int
        /// How many frames it is for.
        Count: int
        /// Whether what it returns is settled behind it.
        IsSettled: bool
    }

/// The frames at the front of some bytes that are whole, with their terminators.
let rec whole (terminator: byte[]) (bytes: byte[]) =
    match bytes.AsSpan().IndexOf(ReadOnlySpan terminator) with
    | -1 -> []
    | index ->
        bytes[.. index - 1]
        :: whole terminator (Array.skip (index + terminator.Length) bytes)

let tell case =
    let text (bytes: byte[]) =
        (Text.Encoding.Latin1.GetString bytes).Replace("\n", "\\n")

    let closed = if case.IsClosed then ", then the end" else ""

    $"\"{text case.Stream}\"{closed}; frames end in \"{text case.Terminator}\" "
    + $"within {case.Limit}, {case.Window} at a time; "
    + (if case.IsKept then "parts are kept; " else "")
    + (if case.IsDeferred then "deferred; " else "")
    + (if case.IsAwaited then "awaited; " else "")
    + $"{case.Reads}\n"
    + string case.Schedule

let arb =
    let gen =
        gen {
            let! length = Gen.choose (0, 24)
            let! stream = Gen.arrayOfLength length (Gen.elements [ 'a'B; 'b'B; '\n'B; '\n'B ])
            let! isClosed = Gen.elements [ false; true ]
            let! terminator = Gen.elements [ "\n"B; "ab"B; "aa"B ]
            let! limit = Gen.elements [ 1; 2; 3; 5; 8; 100 ]
            let! window = Gen.elements [ 1; 2; 3; 4; 5; 8; 100 ]
            let! theft = Gen.elements [ Gen.constant 0; Gen.choose (0, 3) ]

            let read =
                gen {
                    let! stolen = theft
                    let! count = Gen.choose (1, 4)
                    let! isSettled = Gen.elements [ false; true ]

                    return
                        {
                            Stolen = stolen
                            Count = count
                            IsSettled = isSettled
                        }
                }

            let! reads = Gen.choose (1, 6) |> Gen.bind (fun n -> Gen.listOfLength n read)
            let! isKept = Gen.elements [ false; true ]
            let! isDeferred = Gen.elements [ false; true ]
            let! isAwaited = Gen.elements [ false; true ]
            let! schedule = Gen.oneof [ Gen.constant Schedule.calm; Schedule.gen ]

            return
                {
                    Stream = stream
                    IsClosed = isClosed
                    Terminator = terminator
                    Limit = limit
                    Window = window
                    IsKept = isKept
                    IsDeferred = isDeferred
                    IsAwaited = isAwaited
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

            if case.IsKept then
                { case with IsKept = false }

            if case.IsDeferred then
                { case with IsDeferred = false }

            if case.IsAwaited then
                { case with IsAwaited = false }
        }

    Arb.fromGenShrink (gen, shrink)
