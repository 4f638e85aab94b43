// Asks JavaRosa, the engine of ODK Collect, what it makes of filled forms.
// Each argument is a folder: form.xml and filled instances *.instance.xml. Out comes one line a node:
// folder/file, path, relevant, required, constraint kept, value; parted by tabs.

import java.io.FileInputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.model.CoreModelModule;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormUtils;

public class JavaRosaVerdicts {
    static PrintStream out = System.out;

    public static void main(String[] folders) throws Exception {
        System.setOut(new PrintStream(PrintStream.nullOutputStream()));

        new XFormsModule().registerModule();
        PrototypeManager.registerPrototypes(JavaRosaCoreModule.classNames);
        PrototypeManager.registerPrototypes(CoreModelModule.classNames);
        PropertyManager.setPropertyManager(new NoProperties());
        for (String folder : folders) {
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                List<Path> filled =
                    files.filter(f -> f.toString().endsWith(".instance.xml")).sorted().collect(Collectors.toList());
                for (Path file : filled) {
                    ask(Path.of(folder), file);
                }
            }
        }
        out.flush();
    }

    static void ask(Path folder, Path file) throws Exception {
        FormDef form;
        try (FileInputStream in = new FileInputStream(folder.resolve("form.xml").toFile())) {
            form = XFormUtils.getFormFromInputStream(in);
        }
        TreeElement saved = XFormParser.restoreDataModel(Files.readAllBytes(file), null).getRoot();
        TreeElement root = form.getMainInstance().getRoot().deepCopy(true);
        root.populate(saved, form);
        form.getMainInstance().setRoot(root);
        form.initialize(false, new InstanceInitializationFactory());
        tell(form, form.getMainInstance().getRoot(), folder.getFileName() + "/" + file.getFileName());
    }

    // A form may ask for the phone's properties; there is no phone.
    static class NoProperties implements IPropertyManager {
        public List<String> getProperty(String name) {
            return null;
        }

        public void setProperty(String name, String value) {}

        public void setProperty(String name, List<String> value) {}

        public String getSingularProperty(String name) {
            return "";
        }

        public void addRules(IPropertyRules rules) {}

        public List<IPropertyRules> getRules() {
            return null;
        }
    }

    static void tell(FormDef form, TreeElement node, String file) {
        if (node.getMult() == TreeReference.INDEX_TEMPLATE) {
            return;
        }
        if (node.getNumChildren() == 0) {
            IAnswerData value = node.getValue();
            boolean kept = value == null || form.evaluateConstraint(node.getRef(), value);
            String text = value == null ? "" : value.uncast().getString();
            out.println(String.join("\t", file, node.getRef().toString(true),
                "" + node.isRelevant(), "" + node.isRequired(), "" + kept, text.replaceAll("\\s", " ")));
        }
        for (int i = 0; i < node.getNumChildren(); i++) {
            tell(form, node.getChildAt(i), file);
        }
    }
}
