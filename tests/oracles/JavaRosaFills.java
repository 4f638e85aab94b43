// Fills in a form with JavaRosa, the engine of ODK Collect, and writes what it would send.
// Arguments: the form, a file of answers (one line a question: name, a tab, the answer), where the
// filled form goes. A repeat is asked once for each line whose name ends in its round: "seen.2".

import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.javarosa.core.model.CoreModelModule;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.PrototypeManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.services.transport.payload.ByteArrayPayload;
import org.javarosa.core.util.JavaRosaCoreModule;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.util.XFormAnswerDataParser;
import org.javarosa.xform.util.XFormUtils;

public class JavaRosaFills {
    public static void main(String[] args) throws Exception {
        new XFormsModule().registerModule();
        PrototypeManager.registerPrototypes(JavaRosaCoreModule.classNames);
        PrototypeManager.registerPrototypes(CoreModelModule.classNames);
        PropertyManager.setPropertyManager(new NoProperties());
        FormDef form;
        try (FileInputStream in = new FileInputStream(args[0])) {
            form = XFormUtils.getFormFromInputStream(in);
        }
        form.initialize(true, new InstanceInitializationFactory());
        fill(new FormEntryController(new FormEntryModel(form)), answers(Path.of(args[1])));
        form.postProcessInstance();
        ByteArrayPayload filled =
            (ByteArrayPayload) new XFormSerializingVisitor().createSerializedPayload(form.getInstance());
        Files.write(Path.of(args[2]), filled.getPayloadStream().readAllBytes());
    }

    static Map<String, String> answers(Path file) throws Exception {
        Map<String, String> found = new HashMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] parts = line.split("\t", 2);
            found.put(parts[0], parts[1]);
        }
        return found;
    }

    // From question to question, as a collector does, also where a condition opens new ones.
    static void fill(FormEntryController controller, Map<String, String> answers) {
        int event = controller.getModel().getEvent();
        while (event != FormEntryController.EVENT_END_OF_FORM) {
            FormIndex index = controller.getModel().getFormIndex();
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                String round = index.getReference().getNameLast() + "." + (index.getReference().getMultLast() + 1);
                if (answers.keySet().stream().anyMatch(name -> name.equals(round))) {
                    controller.newRepeat();
                }
            } else if (event == FormEntryController.EVENT_QUESTION) {
                answer(controller, controller.getModel().getQuestionPrompt(), answers);
            }
            event = controller.stepToNextEvent();
        }
    }

    static void answer(FormEntryController controller, FormEntryPrompt asked, Map<String, String> answers) {
        TreeReference where = asked.getIndex().getReference();
        String round = where.size() > 2 ? "." + (where.getMultiplicity(where.size() - 2) + 1) : "";
        String text = answers.getOrDefault(where.getNameLast() + round, answers.get(where.getNameLast()));
        if (text == null) {
            return;
        }
        IAnswerData data = XFormAnswerDataParser.getAnswerData(text, asked.getDataType(), asked.getQuestion());
        int said = controller.answerQuestion(asked.getIndex(), data, true);
        if (said != FormEntryController.ANSWER_OK) {
            throw new IllegalStateException(where + " does not take " + text + " (" + said + ")");
        }
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
}
