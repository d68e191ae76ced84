namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Reflection
open BitcoinSock

/// What an IPeer threw: it is the far end's doing, not the backend's.
type internal PeerException(call: string, cause: exn) =
    inherit Exception($"IPeer.{call} threw {cause.GetType()}: {cause.Message}", cause)
    member _.Call = call
    member _.Cause = cause

/// What others threw, told so that they find it in their own code.
[<RequireQualifiedAccess>]
module internal Thrown =

    let private kit =
        [
            typeof<Sock>
            typeof<PeerException>
            typeof<FsCheck.Config>
            typeof<int list>
        ]
        |> List.map _.Assembly

    let private isUsers (frame: StackFrame) =
        match frame.GetMethod() with
        | null -> false
        | caller ->
            let assembly = caller.Module.Assembly
            let name = string (assembly.GetName().Name)

            not (List.contains assembly kit || name = "sockcheck")
            && not (name.StartsWith "System." || name.StartsWith "Microsoft.")

    /// Where it was thrown, then the user's frames; behind these the kit calls.
    let private frames (error: exn) =
        let all = List.ofArray (StackTrace(error, true).GetFrames())

        List.truncate 1 all @ List.filter isUsers all
        |> List.distinct
        |> List.truncate 10
        |> List.map (fun frame -> $"  {StackTrace(frame).ToString().Trim()}")

    // Tasks and reflection wrap what they pass on.
    let rec private lines first (error: exn) =
        match error, error.InnerException with
        | (:? AggregateException | :? TargetInvocationException), (NonNull inner) ->
            lines first inner
        | :? PeerException as peers, _ -> lines $"IPeer.{peers.Call} threw " peers.Cause
        | _, cause ->
            [
                $"{first}{error.GetType()}: {error.Message}"
                yield! frames error
                match cause with
                | null -> ()
                | cause -> yield! lines "because of " cause
            ]

    /// What it is, where it was thrown, and the same of what caused it.
    let tell (error: exn) = lines "" error |> String.concat "\n"
