using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>
/// What happens once in a process, before its first descriptor and its first operation.
/// </summary>
/// <remarks>
/// It runs code of others: listeners, and handlers of <see cref="AppDomain.AssemblyLoad"/>; and it
/// takes locks of the base library's, within which others run code of theirs. So it is not in a
/// type initializer, which fails for ever if it fails and which other threads wait for, but in
/// threads of its own. Who comes first waits until it is done, that his first operation be told,
/// but no longer than a wait lasts; nobody else waits.
/// </remarks>
internal static class FirstUse
{
    private static bool _hasBegun;

    /// <summary>Sees to it if nobody has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin()
    {
        if (!_hasBegun)
        {
            BeginOnce();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BeginOnce()
    {
        if (Interlocked.Exchange(ref _hasBegun, true))
        {
            return;
        }

        // What the runtime could not load once it does not load later either. A thread takes two
        // descriptors, and what it loads one.
        if (!HasDescriptors(3))
        {
            _hasBegun = false;
            return;
        }

        var deadline = new Deadline(Sock.MaxWaitForIo, TimeProvider.System);
        Run(Load, deadline);
        // Each by itself: a listener to one that does not return is none of the other's concern.
        if (Telemetry.HasMeters)
        {
            Run(Telemetry.PublishMeter, deadline);
        }

        if (Telemetry.HasEvents)
        {
            Run(Telemetry.PublishEvents, deadline);
        }
    }

    private static void Run(Action step, Deadline deadline)
    {
        try
        {
            var thread = new Thread(() => Telemetry.Tell(step, static step => step()))
            {
                IsBackground = true,
                Name = $"{nameof(BitcoinSock)}.{nameof(FirstUse)}",
            };
            thread.UnsafeStart();
            thread.Join(deadline.Remaining);
        }
        catch (ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt(); // meant for a wait of the caller's
        }
        catch (Exception)
        {
            // The system has no thread left: it goes without.
        }
    }

    private static bool HasDescriptors(int count)
    {
        try
        {
            using (File.OpenHandle(Environment.ProcessPath!))
            {
                return count == 1 || HasDescriptors(count - 1);
            }
        }
        catch (IOException)
        {
            return false;
        }
        catch (Exception)
        {
            return true; // there may be no such path, or it may not be read
        }
    }

    /// <summary>
    /// Loads what operations need. The runtime does so where it is first needed, which takes a
    /// descriptor: where none was left, Try forms threw, and never worked again.
    /// </summary>
    private static void Load()
    {
        if (RuntimeFeature.IsDynamicCodeSupported) // a native program is in one piece
        {
            LoadReferences(typeof(FirstUse).Assembly, []);
        }

        // The numbers of errors, the system's words for them, how a number is written; and the
        // event source of the base library's pool, before a listener may hold that up.
        _ = NetworkError.NetworkErrorString(NetworkError.WouldBlock);
    }

    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2026",
        Justification = "What the trimmer has removed is not needed."
    )]
    private static void LoadReferences(Assembly assembly, HashSet<string> known)
    {
        foreach (AssemblyName each in assembly.GetReferencedAssemblies())
        {
            if (known.Add(each.FullName) && TryLoad(each) is Assembly loaded)
            {
                LoadReferences(loaded, known);
            }
        }
    }

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception)
        {
            return null; // it may be trimmed, or a handler of the program's throws
        }
    }
}
