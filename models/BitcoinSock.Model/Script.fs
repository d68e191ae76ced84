namespace BitcoinSock.Model

open FsCheck
open FsCheck.FSharp
open BitcoinSock

/// Acts in a row, made up and played.
[<RequireQualifiedAccess>]
module Script =

    /// Plays a script; the laws that it finds broken.
    let play (pair: BackendPair) (acts: Act list) =
        let player = Player pair

        for act in acts do
            if player.Findings.IsEmpty then
                player.Do act

        if player.Findings.IsEmpty then
            player.End()

        player.Findings

    let tell (acts: Act list) =
        acts |> List.map string |> String.concat "\n"

    let private bytes =
        Gen.choose (1, 8)
        |> Gen.bind (fun n -> Gen.arrayOfLength n (Gen.choose (97, 122) |> Gen.map byte))

    let private act (capabilities: Capabilities) =
        let has capability = capabilities.HasFlag capability
        let rarely gen = 1, gen
        let often gen = 6, gen

        Gen.frequency
            [
                often (Gen.map Act.PeerWrites bytes)
                often (Gen.map Act.Recv (Gen.choose (1, 10)))
                often (Gen.map Act.Peek (Gen.choose (1, 10)))
                often (Gen.map Act.Send bytes)
                often (Gen.map Act.PeerReads (Gen.choose (1, 10)))
                often (
                    Gen.elements
                        [ SockEvents.Recv; SockEvents.Send; SockEvents.Recv ||| SockEvents.Send ]
                    |> Gen.map Act.Wait
                )
                often (Gen.constant Act.Probe)
                rarely (Gen.constant Act.PeerCloses)
                if has Capabilities.HalfClose then
                    rarely (Gen.constant Act.ShutdownSend)
                    rarely (Gen.constant Act.PeerShutsDown)
                if has Capabilities.Reset then
                    rarely (Gen.constant Act.PeerResets)
            ]

    let private shrink (acts: Act list) =
        seq {
            if acts.Length > 2 then
                yield List.truncate (acts.Length / 2) acts

            for i in 0 .. acts.Length - 1 do
                yield List.removeAt i acts

            for i in 0 .. acts.Length - 1 do
                match acts[i] with
                | Act.PeerWrites bytes when bytes.Length > 1 ->
                    yield List.updateAt i (Act.PeerWrites bytes[.. bytes.Length / 2 - 1]) acts
                | Act.Send bytes when bytes.Length > 1 ->
                    yield List.updateAt i (Act.Send bytes[.. bytes.Length / 2 - 1]) acts
                | Act.Recv n when n > 1 -> yield List.updateAt i (Act.Recv(n / 2)) acts
                | Act.Peek n when n > 1 -> yield List.updateAt i (Act.Peek(n / 2)) acts
                | _ -> ()
        }

    let arb capabilities =
        let gen =
            Gen.choose (1, 25) |> Gen.bind (fun n -> Gen.listOfLength n (act capabilities))

        Arb.fromGenShrink (gen, shrink)
