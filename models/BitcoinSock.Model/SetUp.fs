namespace BitcoinSock.Model

open System
open System.IO
open BitcoinSock

/// A backend that cannot be played, through no call of its own: its factory throws, or makes no
/// pair, sock or peer; or an assembly that it needs is missing, or is another one. Nothing is said
/// of its laws.
type SetUpException(message: string, cause: exn | null) =
    inherit Exception(message, cause)

/// What is wrong before any law can be.
[<RequireQualifiedAccess>]
module internal SetUp =

    // A path is no such name.
    let private isAssembly (name: string | null) =
        match name with
        | null -> false
        | name -> name.Contains ", Version=" || name.Contains ", Culture="

    let private missing =
        "Is it a package? <EnableDynamicLoading>true</EnableDynamicLoading> in the project that "
        + "refers to it copies it beside the assembly."

    let private other =
        let version = typeof<Sock>.Assembly.GetName().Version
        $"Was it built against another version of a library? BitcoinSock is {version} here."

    /// What could not be loaded, and the cure; none if it is something else.
    let rec explain (error: exn) =
        let told (cure: string) = Some $"{error.Message.Trim()} {cure}"

        match error, error.InnerException with
        | :? FileNotFoundException as e, _ when isAssembly e.FileName -> told missing
        | :? FileLoadException as e, _ when isAssembly e.FileName -> told other
        | :? BadImageFormatException, _ -> told "It is no .NET assembly, or one for another system."
        | :? DllNotFoundException, _ -> told "A native library is missing."
        | (:? TypeLoadException | :? MissingMemberException), _ -> told other
        | _, NonNull inner -> explain inner
        | _ -> None

    /// What of this is no breach of a law by this backend.
    let ofError (backend: string) (error: exn) =
        match error, error.InnerException with
        | :? SetUpException as e, _ -> Some e
        | :? AggregateException, (:? SetUpException as e) -> Some e
        | _ ->
            explain error
            |> Option.map (fun why ->
                SetUpException($"backend '{backend}' cannot be played: {why}", error))
