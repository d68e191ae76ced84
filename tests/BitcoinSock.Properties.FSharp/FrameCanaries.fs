/// Frame readers that are wrong on purpose, one way each, and the law that must catch it.
module BitcoinSock.Properties.FrameCanaries

open System
open System.Threading
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.FrameProperties

/// The ways to be wrong.
[<RequireQualifiedAccess>]
type Defect =
    | None
    | ``takes all that it has seen``
    | ``does not compare what it takes with what it saw``
    | ``misses a terminator across the border of two windows``
    | ``keeps the part of a frame to itself``
    | ``looks at the limit of one frame only``
    | ``gives the part behind a batch as a frame``
    | ``looks at the clock after the last byte``

/// A plain reader of frames, right but for its defect.
let reader defect (case: FrameCase) (sock: ISock) : Reader =
    let is other = (defect = other)
    let mutable view: byte[] = [||]

    let recv flags count =
        let buffer = Array.zeroCreate count
        let result = sock.Recv(Span buffer, flags ||| SockFlags.DontWait)
        result, Array.truncate result.Count buffer

    fun count interrupt ->
        let start = sock.Clock.GetTimestamp()
        let mutable taken: byte[] = [||]

        // The frames that are whole, and the part behind them.
        let split (bytes: byte[]) =
            let frames = whole case.Terminator bytes
            let length = frames |> List.sumBy (fun f -> f.Length + case.Terminator.Length)
            frames, Array.skip length bytes

        let ended status error =
            let frames, part = split taken

            let frames =
                if is Defect.``gives the part behind a batch as a frame`` && part <> [||] then
                    frames @ [ part ]
                else
                    frames

            let bytes =
                if is Defect.``keeps the part of a frame to itself`` && status <> SockStatus.Ok then
                    Array.truncate (taken.Length - part.Length) taken
                else
                    taken

            let length =
                if count = 1 && status = SockStatus.Ok then
                    frames[0].Length
                else
                    bytes.Length

            {
                Outcome = SockOutcome(status, length, error)
                Frames = frames
                Bytes = bytes
            }

        let isLong (frame: byte[]) =
            frame.Length + case.Terminator.Length > case.Limit

        // How much of the view belongs to as many frames as are wanted.
        let wanted () =
            let done', part = split taken

            let known =
                if is Defect.``misses a terminator across the border of two windows`` then
                    Array.append (Array.replicate part.Length 0uy) view
                else
                    Array.append part view

            let frames =
                whole case.Terminator known
                |> List.truncate (count - done'.Length)
                |> List.takeWhile (fun frame ->
                    not (isLong frame)
                    || count > 1 && is Defect.``looks at the limit of one frame only``)

            match List.sumBy (fun (f: byte[]) -> f.Length + case.Terminator.Length) frames with
            | 0 -> 0
            | _ when is Defect.``takes all that it has seen`` -> view.Length
            | length -> length - part.Length

        let peek () =
            let result, shown = recv SockFlags.Peek case.Window
            let common = min shown.Length view.Length

            if
                result.Count >= 0
                && view.Length > 0
                && (common = 0 || shown[.. common - 1] <> view[.. common - 1])
            then
                view <- [||]
                Error(ended SockStatus.Inconsistent 0)
            elif result.Count = 0 then
                Error(ended SockStatus.Closed 0)
            elif result.IsError && NetworkError.IoErrorIsPermanent result.Error then
                Error(ended SockStatus.Failed result.Error)
            else
                if result.Count > 0 then
                    view <- shown

                Ok(result.Count > 0)

        let take count =
            let result, bytes = recv SockFlags.None count

            if result.IsError then
                if NetworkError.IoErrorIsPermanent result.Error then
                    Error(ended SockStatus.Failed result.Error)
                else
                    Ok false
            else
                let common = min bytes.Length view.Length
                let isRight = bytes <> [||] && bytes = view[.. common - 1]
                let isBlind = is Defect.``does not compare what it takes with what it saw``
                taken <- Array.append taken (if isBlind then view[.. common - 1] else bytes)
                view <- if isRight || isBlind then view[common..] else [||]

                if isRight || isBlind then
                    Ok true
                else
                    Error(ended SockStatus.Inconsistent 0)

        let step () =
            match wanted () with
            | 0 ->
                match peek () with
                | Ok true ->
                    match wanted () with
                    | 0 -> take (min view.Length (case.Limit - (snd (split taken)).Length))
                    | some -> take some
                | other -> other
            | some -> take some

        let isLate () =
            sock.Clock.GetElapsedTime start >= timeout

        let rec read rounds =
            let _, part = split taken

            if part.Length >= case.Limit || rounds = 0 then
                ended SockStatus.TooLong 0
            else
                match step () with
                | Error got -> got
                | Ok moved ->
                    let frames, part = split taken
                    let isDone = not frames.IsEmpty && part = [||]

                    if
                        isDone
                        && not (isLate () && is Defect.``looks at the clock after the last byte``)
                    then
                        ended SockStatus.Ok 0
                    elif part.Length >= case.Limit then
                        ended SockStatus.TooLong 0
                    elif isLate () then
                        ended SockStatus.Timeout 0
                    elif interrupt.IsCancellationRequested then
                        ended SockStatus.Interrupted 0
                    elif moved then
                        read (rounds - 1)
                    else
                        let mutable occurred = SockEvents.None
                        let left = max TimeSpan.Zero (timeout - sock.Clock.GetElapsedTime start)
                        let waited = sock.Wait(left, SockEvents.Recv, &occurred, interrupt)

                        if waited.IsError && NetworkError.IoErrorIsPermanent waited.Error then
                            ended SockStatus.Failed waited.Error
                        else
                            read (rounds - 1)

        read 300

/// Each defect, and the number of the law that must catch it.
let private caughtBy =
    [
        Defect.``takes all that it has seen``, 5
        Defect.``does not compare what it takes with what it saw``, 6
        Defect.``misses a terminator across the border of two windows``, 5
        Defect.``keeps the part of a frame to itself``, 6
        Defect.``looks at the limit of one frame only``, 7
        Defect.``gives the part behind a batch as a frame``, 34
        Defect.``looks at the clock after the last byte``, 8
    ]

/// The smallest case that catches it is printed for a person to read.
let private isCaught (defect, law: int) =
    let breaks case =
        broken (reader defect) case
        |> List.filter _.StartsWith($"{law} ", StringComparison.Ordinal)

    let tellWhy case = $"{tell case}\n{breaks case}"
    caught $"law {law} catches a reader that {defect}" 20_000 arb breaks tellWhy

let tests =
    testList
        "frame canaries"
        [
            holds
                "the reader that the canaries are made of is right"
                5_000
                arb
                (broken (reader Defect.None))
                tell

            testList "each is caught by its law" (List.map isCaught caughtBy)
        ]
