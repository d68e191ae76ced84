using System.Runtime.InteropServices;

namespace BitcoinSock.Field;

/// <summary>What the tests ask of Linux and the library has no use for.</summary>
internal static partial class Kernel
{
    public const int SIGUSR1 = 10;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;

    private const int PR_SET_PTRACER = 0x59616d61;
    private const nint PR_SET_PTRACER_ANY = -1;

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int GetTid();

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "tgkill")]
    public static partial int TgKill(int process, int thread, int signal);

    /// <summary>Whether a thread of this process sleeps, or has ended: proc_pid_stat(5).</summary>
    public static bool IsAsleep(int thread)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/self/task/{thread}/stat"); // "123 (name) S …"
            return stat[stat.LastIndexOf(')') + 2] == 'S';
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Lets a child trace this process where that is only for the superuser.</summary>
    public static void AllowTracing() => _ = PrCtl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);

    /// <summary>
    /// From now on that signal does nothing but interrupt: its handler is a function of the C
    /// library without any effect, because managed code can stand anywhere when a signal comes; and
    /// calls that it interrupts are not resumed by the system.
    /// </summary>
    public static void HandleBareSignal(int signal)
    {
        nint library = NativeLibrary.Load("libc", typeof(Kernel).Assembly, null);
        _ = Signal(signal, NativeLibrary.GetExport(library, "abs"));
        _ = SigInterrupt(signal, 1);
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "siginterrupt")]
    private static partial int SigInterrupt(int signal, int on);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nint first, nint second, nint third, nint fourth);
}
