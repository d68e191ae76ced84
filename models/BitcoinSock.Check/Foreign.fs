/// Anybody's own backends, from an assembly.
module BitcoinSock.Check.Foreign

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Runtime.Loader
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Check.Arguments

let private wrong message = raise (WrongUsage message)

// A Backend of theirs must be a Backend of ours: these come from here, whatever lies beside theirs.
let private shared =
    [ typeof<Sock>; typeof<Backend>; typeof<int list>; typeof<FsCheck.Config> ]
    |> List.map _.Assembly

/// Everything else: where the assembly's deps.json says, in the framework, beside the assembly.
type private Context(file: string) as this =
    inherit AssemblyLoadContext(file)

    let resolver = AssemblyDependencyResolver file

    let beside (name: AssemblyName) =
        Path.Join(Path.GetDirectoryName file, $"{name.Name}.dll")

    do
        this.add_Resolving (fun context name ->
            if File.Exists(beside name) then
                context.LoadFromAssemblyPath(beside name)
            else
                null)

    override this.Load(name) : Assembly | null =
        match shared |> List.tryFind (fun ours -> ours.GetName().Name = name.Name) with
        | Some ours -> ours
        | None ->
            match resolver.ResolveAssemblyToPath name with
            | null -> null
            | path -> this.LoadFromAssemblyPath path

    override this.LoadUnmanagedDll name =
        match resolver.ResolveUnmanagedDllToPath name with
        | null -> 0n
        | path -> this.LoadUnmanagedDllFromPath path

let private typeIn (assembly: Assembly) name =
    match assembly.GetType(name, throwOnError = false) with
    | null ->
        let known =
            assembly.GetExportedTypes()
            |> Seq.truncate 8
            |> Seq.map string
            |> String.concat ", "

        wrong $"there is no type '{name}' in {assembly.GetName().Name}; its public types: {known}"
    | found -> found

let private methodIn (owner: Type) name =
    let isOurs (m: MethodInfo) =
        m.Name = name && m.GetParameters().Length = 0 && not m.ContainsGenericParameters

    match
        owner.GetMethods(BindingFlags.Public ||| BindingFlags.Static)
        |> Seq.tryFind isOurs
    with
    | Some found when
        typeof<Backend>.IsAssignableFrom found.ReturnType
        || typeof<IEnumerable<Backend>>.IsAssignableFrom found.ReturnType
        ->
        found
    | Some found ->
        wrong $"{owner.FullName}.{name} returns {found.ReturnType}, not a Backend or several"
    | None -> wrong $"{owner.FullName} has no public static method '{name}' without parameters"

// Whatever is thrown here is the factory's: a sequence may run its code only when it is read.
let private made (factory: MethodInfo) (name: string) =
    try
        match factory.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [||], null) with
        | :? Backend as one -> [ one ]
        | :? IEnumerable<Backend> as many -> List.ofSeq many
        | _ -> []
    with e when (SetUp.explain e).IsNone ->
        wrong $"{name} failed: {Thrown.tell e}"

/// What the factory, a Namespace.Type.Method of the assembly in the file, makes.
let load (file: string) (factory: string) : Backend list =
    if not (File.Exists file) then
        wrong $"there is no file '{file}'"

    let file = Path.GetFullPath file

    let dot = factory.LastIndexOf '.'

    if dot < 1 then
        wrong $"'{factory}' is not of the form Namespace.Type.Method"

    try
        let assembly = Context(file).LoadFromAssemblyPath file

        let backends =
            made (methodIn (typeIn assembly factory[.. dot - 1]) factory[dot + 1 ..]) factory

        if backends.IsEmpty || List.exists (box >> isNull) backends then
            wrong $"{factory} made no backend"

        backends
    with
    | WrongUsage _ -> reraise ()
    | e -> wrong $"{file} cannot be used: {SetUp.explain e |> Option.defaultValue e.Message}"
